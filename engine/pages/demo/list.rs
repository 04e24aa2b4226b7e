// Made by `npm run build` in clients/demo.
&[
    ("assets/chat-BS6MQ2HO.css", include_bytes!("assets/chat-BS6MQ2HO.css")),
    ("assets/chat-qc1MOtyn.js", include_bytes!("assets/chat-qc1MOtyn.js")),
    ("assets/index-BmvwfrO6.css", include_bytes!("assets/index-BmvwfrO6.css")),
    ("assets/index-C6bnHbBL.js", include_bytes!("assets/index-C6bnHbBL.js")),
    ("assets/stay-BtucpJ_1.js", include_bytes!("assets/stay-BtucpJ_1.js")),
    ("assets/stick-CSOv6_0S.js", include_bytes!("assets/stick-CSOv6_0S.js")),
    ("assets/world-CUaNnN_e.js", include_bytes!("assets/world-CUaNnN_e.js")),
    ("chat.html", include_bytes!("chat.html")),
    ("favicon.svg", include_bytes!("favicon.svg")),
    ("index.html", include_bytes!("index.html")),
    ("world.html", include_bytes!("world.html")),
]
