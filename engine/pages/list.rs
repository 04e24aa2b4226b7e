// Made by `npm run build` in clients/demo.
&[
    ("assets/chat-Cj5aq-B3.css", include_bytes!("assets/chat-Cj5aq-B3.css")),
    ("assets/chat-EYr3lU0K.js", include_bytes!("assets/chat-EYr3lU0K.js")),
    ("assets/index-7OdzOXF1.js", include_bytes!("assets/index-7OdzOXF1.js")),
    ("assets/index-CPYhV1Kq.css", include_bytes!("assets/index-CPYhV1Kq.css")),
    ("assets/stay-Bv_CP-ca.js", include_bytes!("assets/stay-Bv_CP-ca.js")),
    ("assets/stick-DSBf9fSk.js", include_bytes!("assets/stick-DSBf9fSk.js")),
    ("assets/world-Dzd0L6fZ.js", include_bytes!("assets/world-Dzd0L6fZ.js")),
    ("chat.html", include_bytes!("chat.html")),
    ("favicon.svg", include_bytes!("favicon.svg")),
    ("index.html", include_bytes!("index.html")),
    ("world.html", include_bytes!("world.html")),
]
