/* SPDX-License-Identifier: MIT
 *
 * hello.h - the page that every HTTP server here answers with.
 */
#ifndef BENCH_NET_HELLO_H
#define BENCH_NET_HELLO_H

static const char hello[] = "HTTP/1.1 200 OK\r\n"
                            "Content-Type: text/plain\r\n"
                            "Content-Length: 13\r\n"
                            "\r\n"
                            "Hello, World!";
enum { HELLO_SIZE = sizeof(hello) - 1 };

#endif
