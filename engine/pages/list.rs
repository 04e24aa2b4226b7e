// Made by `npm run build` in clients/demo.
&[
    ("assets/chat-BS6MQ2HO.css", include_bytes!("assets/chat-BS6MQ2HO.css")),
    ("assets/chat-xBrt26iU.js", include_bytes!("assets/chat-xBrt26iU.js")),
    ("assets/index-BmvwfrO6.css", include_bytes!("assets/index-BmvwfrO6.css")),
    ("assets/index-DlNW5N49.js", include_bytes!("assets/index-DlNW5N49.js")),
    ("assets/stay-CSu5JfFH.js", include_bytes!("assets/stay-CSu5JfFH.js")),
    ("assets/stick-YKNHLTlJ.js", include_bytes!("assets/stick-YKNHLTlJ.js")),
    ("assets/world-04uIIXMS.js", include_bytes!("assets/world-04uIIXMS.js")),
    ("chat.html", include_bytes!("chat.html")),
    ("favicon.svg", include_bytes!("favicon.svg")),
    ("index.html", include_bytes!("index.html")),
    ("world.html", include_bytes!("world.html")),
]
