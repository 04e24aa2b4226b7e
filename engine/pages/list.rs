// Made by `npm run build` in clients/demo.
&[
    ("assets/chat-Cj5aq-B3.css", include_bytes!("assets/chat-Cj5aq-B3.css")),
    ("assets/chat-lJGZZ6Af.js", include_bytes!("assets/chat-lJGZZ6Af.js")),
    ("assets/index-CPYhV1Kq.css", include_bytes!("assets/index-CPYhV1Kq.css")),
    ("assets/index-kqoaXDMS.js", include_bytes!("assets/index-kqoaXDMS.js")),
    ("assets/stay-Dxe_fySR.js", include_bytes!("assets/stay-Dxe_fySR.js")),
    ("assets/stick-CfF9J8hQ.js", include_bytes!("assets/stick-CfF9J8hQ.js")),
    ("assets/world-DKMWsaq4.js", include_bytes!("assets/world-DKMWsaq4.js")),
    ("chat.html", include_bytes!("chat.html")),
    ("favicon.svg", include_bytes!("favicon.svg")),
    ("index.html", include_bytes!("index.html")),
    ("world.html", include_bytes!("world.html")),
]
