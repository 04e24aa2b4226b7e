// Made by `npm run build` in clients/demo.
&[
    ("assets/chat-BqOPO87a.js", include_bytes!("assets/chat-BqOPO87a.js")),
    ("assets/chat-Cj5aq-B3.css", include_bytes!("assets/chat-Cj5aq-B3.css")),
    ("assets/index-CPYhV1Kq.css", include_bytes!("assets/index-CPYhV1Kq.css")),
    ("assets/index-CXR1C2nP.js", include_bytes!("assets/index-CXR1C2nP.js")),
    ("assets/stay-CFf6PTr2.js", include_bytes!("assets/stay-CFf6PTr2.js")),
    ("assets/stick-ak44qkTo.js", include_bytes!("assets/stick-ak44qkTo.js")),
    ("assets/world-DgTmDHXg.js", include_bytes!("assets/world-DgTmDHXg.js")),
    ("chat.html", include_bytes!("chat.html")),
    ("favicon.svg", include_bytes!("favicon.svg")),
    ("index.html", include_bytes!("index.html")),
    ("world.html", include_bytes!("world.html")),
]
