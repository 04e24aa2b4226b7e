// Made by `npm run build` in clients/demo.
&[
    ("assets/chat-BS6MQ2HO.css", include_bytes!("assets/chat-BS6MQ2HO.css")),
    ("assets/chat-DvxuMZLW.js", include_bytes!("assets/chat-DvxuMZLW.js")),
    ("assets/index-BmvwfrO6.css", include_bytes!("assets/index-BmvwfrO6.css")),
    ("assets/index-OwrPGywg.js", include_bytes!("assets/index-OwrPGywg.js")),
    ("assets/stay-D_vuKu0B.js", include_bytes!("assets/stay-D_vuKu0B.js")),
    ("assets/stick-ANLCDk8c.js", include_bytes!("assets/stick-ANLCDk8c.js")),
    ("assets/world-RlAxLFdD.js", include_bytes!("assets/world-RlAxLFdD.js")),
    ("chat.html", include_bytes!("chat.html")),
    ("favicon.svg", include_bytes!("favicon.svg")),
    ("index.html", include_bytes!("index.html")),
    ("world.html", include_bytes!("world.html")),
]
