// Made by `npm run build` in clients/demo.
&[
    ("assets/chat-BS6MQ2HO.css", include_bytes!("assets/chat-BS6MQ2HO.css")),
    ("assets/chat-CHZYeSoD.js", include_bytes!("assets/chat-CHZYeSoD.js")),
    ("assets/index-BmvwfrO6.css", include_bytes!("assets/index-BmvwfrO6.css")),
    ("assets/index-c92XGofb.js", include_bytes!("assets/index-c92XGofb.js")),
    ("assets/stay-uzVZm5nC.js", include_bytes!("assets/stay-uzVZm5nC.js")),
    ("assets/stick-BWpeN_Qr.js", include_bytes!("assets/stick-BWpeN_Qr.js")),
    ("assets/world-D7Up5BxE.js", include_bytes!("assets/world-D7Up5BxE.js")),
    ("chat.html", include_bytes!("chat.html")),
    ("favicon.svg", include_bytes!("favicon.svg")),
    ("index.html", include_bytes!("index.html")),
    ("world.html", include_bytes!("world.html")),
]
