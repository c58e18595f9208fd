//! The least that a handler can do: take the whole body, and answer with the bytes of a file.
//!
//! `bare ANSWER_FILE` prints the address it serves at. `benches/serve.sh` compares the server with it.

use std::io::Write as _;

use axum::Router;
use axum::body::Bytes;
use axum::http::header;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("usage: bare ANSWER_FILE")?;
    let answer = Bytes::from(std::fs::read(file)?);
    let routes = Router::new().fallback(|_body: Bytes| async {
        let headers = [
            (header::CONTENT_TYPE.as_str(), "application/json"),
            (
                "opc-request-id",
                "0123456789ABCDEF0123456789ABCDEF/0123456789ABCDEF0123456789ABCDEF",
            ),
        ];
        (headers, answer)
    });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(std::io::stdout(), "http://{}", listener.local_addr()?)?;
    Ok(axum::serve(listener, routes).await?)
}
