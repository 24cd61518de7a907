// SPDX-License-Identifier: MIT
//
// main.rs - an echo server on tokio's single-threaded runtime: a task a
// connection, with a buffer of its own.

use std::io::Write;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn echo(mut peer: TcpStream, size: usize) -> std::io::Result<()> {
    let mut buf = vec![0; size];
    loop {
        let n = peer.read(&mut buf).await?;
        if n == 0 {
            return Ok(());
        }
        peer.write_all(&buf[..n]).await?;
    }
}

async fn serve(size: usize) -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("ok {}", listener.local_addr()?.port());
    std::io::stdout().flush()?;
    loop {
        let (peer, _) = listener.accept().await?;
        peer.set_nodelay(true)?;
        tokio::spawn(echo(peer, size));
    }
}

fn main() {
    let bulk = std::env::args().nth(1).as_deref() == Some("bulk");
    tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap()
        .block_on(serve(if bulk { 65536 } else { 4096 }))
        .unwrap();
}
