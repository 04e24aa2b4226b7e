// Made by `npm run build` in clients/demo.
&[
    ("assets/chat-BS6MQ2HO.css", include_bytes!("assets/chat-BS6MQ2HO.css")),
    ("assets/chat-DKi7Dqq-.js", include_bytes!("assets/chat-DKi7Dqq-.js")),
    ("assets/index-BmvwfrO6.css", include_bytes!("assets/index-BmvwfrO6.css")),
    ("assets/index-CYfuCOjF.js", include_bytes!("assets/index-CYfuCOjF.js")),
    ("assets/stay-S-PF-DZJ.js", include_bytes!("assets/stay-S-PF-DZJ.js")),
    ("assets/stick-F0A-WAPN.js", include_bytes!("assets/stick-F0A-WAPN.js")),
    ("assets/world-CX3Gl18c.js", include_bytes!("assets/world-CX3Gl18c.js")),
    ("chat.html", include_bytes!("chat.html")),
    ("favicon.svg", include_bytes!("favicon.svg")),
    ("index.html", include_bytes!("index.html")),
    ("world.html", include_bytes!("world.html")),
]
