// SPDX-License-Identifier: MIT
//
// main.go - main KIND: an echo server, a page, or datagrams back, by the
// standard library.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

const readSize = 4096

func require(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require(err)
	fmt.Printf("ok %d\n", listener.Addr().(*net.TCPAddr).Port)
	return listener
}

func echo(peer net.Conn, size int) {
	buf := make([]byte, size)
	for {
		n, err := peer.Read(buf)
		if err != nil {
			break
		}
		if _, err = peer.Write(buf[:n]); err != nil {
			break
		}
	}
	peer.Close()
}

func serveEcho(size int) {
	listener := listen()
	for {
		peer, err := listener.Accept()
		require(err)
		go echo(peer, size)
	}
}

func servePage() {
	page := func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, "Hello, World!")
	}
	require(http.Serve(listen(), http.HandlerFunc(page)))
}

func serveDatagrams() {
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	require(err)
	fmt.Printf("ok %d\n", socket.LocalAddr().(*net.UDPAddr).Port)
	udp := socket.(*net.UDPConn)
	buf := make([]byte, 2048)
	for {
		n, from, err := udp.ReadFromUDPAddrPort(buf)
		require(err)
		_, err = udp.WriteToUDPAddrPort(buf[:n], from)
		require(err)
	}
}

func main() {
	switch os.Args[1] {
	case "http":
		servePage()
	case "udp":
		serveDatagrams()
	case "bulk":
		serveEcho(64 * 1024)
	default:
		serveEcho(readSize)
	}
}
