// Made by `npm run build` in clients/demo.
&[
    ("assets/chat-BpPe049C.js", include_bytes!("assets/chat-BpPe049C.js")),
    ("assets/chat-Cj5aq-B3.css", include_bytes!("assets/chat-Cj5aq-B3.css")),
    ("assets/index-CPYhV1Kq.css", include_bytes!("assets/index-CPYhV1Kq.css")),
    ("assets/index-CySLHau6.js", include_bytes!("assets/index-CySLHau6.js")),
    ("assets/stay-CSu5JfFH.js", include_bytes!("assets/stay-CSu5JfFH.js")),
    ("assets/stick-Bzl5aqAQ.js", include_bytes!("assets/stick-Bzl5aqAQ.js")),
    ("assets/world-DSvsxHeu.js", include_bytes!("assets/world-DSvsxHeu.js")),
    ("chat.html", include_bytes!("chat.html")),
    ("favicon.svg", include_bytes!("favicon.svg")),
    ("index.html", include_bytes!("index.html")),
    ("world.html", include_bytes!("world.html")),
]
