// Made by `npm run build` in clients/demo.
&[
    ("assets/chat-BD3bnpJ_.js", include_bytes!("assets/chat-BD3bnpJ_.js")),
    ("assets/chat-BS6MQ2HO.css", include_bytes!("assets/chat-BS6MQ2HO.css")),
    ("assets/index-BQP1XMJ1.js", include_bytes!("assets/index-BQP1XMJ1.js")),
    ("assets/index-BmvwfrO6.css", include_bytes!("assets/index-BmvwfrO6.css")),
    ("assets/stay-D2rGPMhO.js", include_bytes!("assets/stay-D2rGPMhO.js")),
    ("assets/stick-CIr4-zU8.js", include_bytes!("assets/stick-CIr4-zU8.js")),
    ("assets/world-BGoEJEoJ.js", include_bytes!("assets/world-BGoEJEoJ.js")),
    ("chat.html", include_bytes!("chat.html")),
    ("favicon.svg", include_bytes!("favicon.svg")),
    ("index.html", include_bytes!("index.html")),
    ("world.html", include_bytes!("world.html")),
]
