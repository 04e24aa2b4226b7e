// Made by `npm run build` in clients/demo.
&[
    ("assets/chat-D4bHZsTQ.js", include_bytes!("assets/chat-D4bHZsTQ.js")),
    ("assets/chat-WHvpKst0.css", include_bytes!("assets/chat-WHvpKst0.css")),
    ("assets/index-CPYhV1Kq.css", include_bytes!("assets/index-CPYhV1Kq.css")),
    ("assets/index-X5w3NP_F.js", include_bytes!("assets/index-X5w3NP_F.js")),
    ("assets/stay-B_m00x9D.js", include_bytes!("assets/stay-B_m00x9D.js")),
    ("assets/stick-B1Q2To6m.js", include_bytes!("assets/stick-B1Q2To6m.js")),
    ("assets/world-CU451aJs.js", include_bytes!("assets/world-CU451aJs.js")),
    ("chat.html", include_bytes!("chat.html")),
    ("favicon.svg", include_bytes!("favicon.svg")),
    ("index.html", include_bytes!("index.html")),
    ("world.html", include_bytes!("world.html")),
]
