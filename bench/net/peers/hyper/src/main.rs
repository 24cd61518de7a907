// SPDX-License-Identifier: MIT
//
// main.rs - a page by hyper, on tokio's single-threaded runtime.

use hyper::server::conn::Http;
use hyper::service::service_fn;
use hyper::{Body, Request, Response};
use std::convert::Infallible;
use std::io::Write;
use tokio::net::TcpListener;

async fn page(_: Request<Body>) -> Result<Response<Body>, Infallible> {
    Ok(Response::builder()
        .header("Content-Type", "text/plain")
        .body(Body::from("Hello, World!"))
        .unwrap())
}

async fn serve() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("ok {}", listener.local_addr()?.port());
    std::io::stdout().flush()?;
    loop {
        let (peer, _) = listener.accept().await?;
        peer.set_nodelay(true)?;
        tokio::spawn(
            Http::new()
                .http1_only(true)
                .serve_connection(peer, service_fn(page)),
        );
    }
}

fn main() {
    tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap()
        .block_on(serve())
        .unwrap();
}
