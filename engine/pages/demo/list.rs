// Made by `npm run build` in clients/demo.
&[
    ("assets/chat-BS6MQ2HO.css", include_bytes!("assets/chat-BS6MQ2HO.css")),
    ("assets/chat-DJQgPMQq.js", include_bytes!("assets/chat-DJQgPMQq.js")),
    ("assets/index-BmvwfrO6.css", include_bytes!("assets/index-BmvwfrO6.css")),
    ("assets/index-CCHJs3x3.js", include_bytes!("assets/index-CCHJs3x3.js")),
    ("assets/stay-D98oZs79.js", include_bytes!("assets/stay-D98oZs79.js")),
    ("assets/stick-CmGqQtqN.js", include_bytes!("assets/stick-CmGqQtqN.js")),
    ("assets/world-6hYvo1oR.js", include_bytes!("assets/world-6hYvo1oR.js")),
    ("chat.html", include_bytes!("chat.html")),
    ("favicon.svg", include_bytes!("favicon.svg")),
    ("index.html", include_bytes!("index.html")),
    ("world.html", include_bytes!("world.html")),
]
