/* SPDX-License-Identifier: MIT
 *
 * net.h - connecting, serving, datagrams.
 *
 *     static int echo(cede_stream *peer, void *arg)
 *     {
 *         const void *bytes;
 *         int n;
 *         while ((n = cede_peek(peer, &bytes)) > 0)
 *             CEDE_TRY(cede_write(peer, bytes, (size_t)n));
 *         return n;
 *     }
 *     static int amain(void *address) { return cede_serve(address, echo, NULL);
 * }
 *
 * Addresses are texts: "tcp://host:port", "unix:/path", "unix:@name", and for
 * datagrams "udp://host:port"; see address.h.  Sockets are close-on-exec and
 * non-blocking, and TCP's do not delay small packets (TCP_NODELAY).
 */
#ifndef CEDE_NET_H
#define CEDE_NET_H

#include <cede/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- connecting ------------------------------------------------------ */

/* Connect to an address: 0 and *s, yours to close, or an error and NULL.
 * [waits]
 * A name is looked up off the loop; its addresses are tried in turn, the two
 * kinds alternating, the next one when the last has failed or 250 ms after it
 * began; the first to answer wins, and the others are closed.  When all have
 * failed the message names each with its failure, and the code is the first
 * one's.  -EINVAL: the address, with what is wrong about it; CEDE_EDNS: the
 * name.  Deadlines come from scopes (cede_within).
 * If cancelled: nothing is left open.
 * Source: RFC 8305, Happy Eyeballs Version 2. */
CEDE_API int cede_dial(const char *address, cede_stream **s);

typedef struct cede_dial_options {
    const char *local; /* connect from this address, of the same kind (else
                          -EADDRNOTAVAIL); a Unix one's file is the caller's;
                          NULL: any */
    cede_time stagger; /* instead of 250 ms; 0: that; < 0: one at a time */
    bool delay;        /* leave TCP_NODELAY off */
    size_t reserved_[5];
} cede_dial_options;
CEDE_API int cede_dial_with(const cede_dial_options *options,
                            const char *address, cede_stream **s);

/* ---- serving --------------------------------------------------------- */

/* What serves one connection, in a task of its own; the stream is closed when
 * it returns (after a failure, other than to be cancelled: aborted).  What it
 * answers < 0 goes to the failure hook, but for -ECANCELED when it was, and for
 * what is the peer's business: -ECONNRESET and -EPIPE, CEDE_ESHORT, and
 * CEDE_ECLOSED. */
typedef int cede_peer_fn(cede_stream *peer, void *arg);

/* Listen, and serve each peer by a task of its own, all in one group, until the
 * calling scope is cancelled (which cancels them) or cede_server_stop.
 * [waits]  0 after a stop; -ECANCELED; or why it cannot listen, with a message
 * that names the address: -EADDRINUSE, -EACCES, -EINVAL, CEDE_EDNS.
 * A name with several addresses listens on all of them, but for those that this
 * machine has not got; port 0 on one port that is free on all.  In a run of
 * several threads (cede_run_threads) each thread may serve the same TCP
 * address, and the kernel shares out the peers (SO_REUSEPORT; for a port that
 * is not 0). No descriptors or memory left (EMFILE, ENFILE, ENOBUFS, ENOMEM):
 * reported to the failure hook once, and accepting goes on after a pause of up
 * to 1 s, or when a connection of this server has ended. */
CEDE_API int cede_serve(const char *address, cede_peer_fn *on_peer, void *arg);

typedef struct cede_serve_options {
    size_t limit;      /* connections at a time; more wait in the kernel; 0: any
                          number */
    cede_time grace;   /* when the serving is cancelled: that long handlers may
                          go on before they are cancelled too; 0: no time */
    int backlog;       /* of listen(2): who comes when so many wait tries again,
                          but of TCP one who does not speak first may have been
                          forgotten; 0: 4,096, or what the system allows */
    size_t stack_size; /* of handlers; 0: the run's */
    bool delay;        /* leave TCP_NODELAY off */
    bool reuse_port;   /* SO_REUSEPORT also outside of several threads */
    bool v6_only;
    int mode; /* of a Unix socket's file, such as 0600; 0: the umask's */
    const char *name; /* of handlers' tasks, not copied; NULL: the
                         function's */
    size_t reserved_[6];
} cede_serve_options;
CEDE_API int cede_serve_with(const cede_serve_options *options,
                             const char *address, cede_peer_fn *on_peer,
                             void *arg);
#define cede_serve(address, on_peer, ...)                                      \
    cede_serve_named_(NULL, CEDE_NAMED_(#on_peer), address, on_peer,           \
                      __VA_ARGS__)
#define cede_serve_with(options, address, on_peer, ...)                        \
    cede_serve_named_(options, CEDE_NAMED_(#on_peer), address, on_peer,        \
                      __VA_ARGS__)
CEDE_API int cede_serve_named_(const cede_serve_options *options,
                               const char *name, const char *address,
                               cede_peer_fn *on_peer, void *arg);

/* The same in two steps: to know the address, to have several addresses, and to
 * stop without cancelling.
 *
 *     cede_server *s;
 *     CEDE_TRY(cede_listen("tcp://127.0.0.1:0", &s));
 *     printf("port %d\n", cede_server_port(s));
 *     rc = cede_server_run(s, echo, NULL);
 *     cede_server_close(s);
 */
typedef struct cede_server cede_server;

/* Listen: 0 and *s, yours to close, or as cede_serve, and NULL.  [waits] for a
 * name.  Peers that come wait in the kernel until it is run.  It is this
 * thread's loop's; -EPERM, here and below: there is none, or it is another's.
 */
CEDE_API int cede_listen(const char *address, cede_server **s);
CEDE_API int cede_listen_with(const cede_serve_options *options,
                              const char *address, cede_server **s);

/* Listen at one more address: 0, or as above, and the server is as before.
 * CEDE_ECLOSED: it has stopped. */
CEDE_API int cede_server_add(cede_server *s, const char *address);

/* Take over a descriptor that listens (as systemd hands one over): 0, and it is
 * the server's; -EINVAL: it does not listen. */
CEDE_API int cede_server_add_fd(cede_server *s, int fd);

/* Serve, as cede_serve does, until stopped or cancelled, after which it has
 * stopped, too; all handlers are over when this returns.  [waits]  What the
 * kernel says when a socket cannot be used any more ends it as well, without
 * grace.  Again after a stop: CEDE_ECLOSED.  -EBUSY: it is being run, or
 * somebody waits in cede_accept. */
CEDE_API int cede_server_run(cede_server *s, cede_peer_fn *on_peer, void *arg);
#define cede_server_run(s, on_peer, ...)                                       \
    cede_server_run_named_(s, CEDE_NAMED_(#on_peer), on_peer, __VA_ARGS__)
CEDE_API int cede_server_run_named_(cede_server *s, const char *name,
                                    cede_peer_fn *on_peer, void *arg);

/* Or the next peer for oneself: 1 and *peer, yours to close; 0: stopped.
 * [waits]  -EMFILE and the like are answered, and not waited for.  -EBUSY: it
 * is being run, or another task waits here.
 * If cancelled: no peer was taken. */
CEDE_API int cede_accept(cede_server *s, cede_stream **peer);

/* Listen no more; connections go on for `grace` at most (CEDE_NEVER: for ever;
 * 0: no time): then their tasks are cancelled, and after 1 s more what they
 * still read or write fails with CEDE_ECLOSED, their streams being aborted.
 * Peers that wait to be accepted are reset by the kernel; files of Unix sockets
 * are removed.  0, at once; cede_server_run returns 0 when all are over.  From
 * any task or callback of the loop; again: the shorter grace holds, and that of
 * the options when the run is cancelled meanwhile, if that is shorter. */
CEDE_API int cede_server_stop(cede_server *s, cede_time grace);

/* Close and free it; a Unix socket's file is removed if it is still this
 * server's.  -EBUSY: it is being run, or somebody waits in it; stop it first.
 * Also when its loop is over; and in the child of a fork, where it closes the
 * descriptors alone.  NULL: -ENOMEM. */
CEDE_API int cede_server_close(cede_server *s);

/* The i-th address it listens at: 0; -ENOENT: there are no more.  And the port
 * of the first one: 0: it has none. */
CEDE_API int cede_server_address(const cede_server *s, size_t i,
                                 cede_address *out);
CEDE_API int cede_server_port(const cede_server *s);

typedef struct cede_server_info {
    size_t live;       /* connections */
    uint64_t accepted; /* in all */
    uint64_t failed;   /* handlers that failed, whoever's business it was */
    bool held_up;      /* accepting pauses: no descriptors, or the limit */
    size_t reserved_[4];
} cede_server_info;
CEDE_API int cede_server_look(const cede_server *s, cede_server_info *out);

/* ---- datagrams ------------------------------------------------------- */

/* Packets are kept apart, and may be lost, doubled and overtaken on their way;
 * those of Unix sockets are not.  All calls are for tasks of the loop in which
 * the socket was made, elsewhere they answer -EPERM; NULL for it: -ENOMEM.  One
 * task may receive while another sends; a third one is told -EBUSY.  Closed
 * meanwhile: CEDE_ECLOSED. */
typedef struct cede_socket cede_socket;

/* A packet to send, or room for one. */
typedef struct cede_packet {
    void *data;
    size_t size;       /* of what is sent; of the room; then of what came */
    cede_address peer; /* to whom; from whom.  Zeroed: to the socket's own */
    bool cut;          /* what came was larger than the room */
    size_t reserved_[2];
} cede_packet;

/* A socket for datagrams.  local: the address to receive at, such as
 * "udp://127.0.0.1:0" or "unix:/path"; NULL: one that the system chooses.
 * peer: whom alone to talk to; NULL: anybody.  One of the two must be there.
 * 0 and *s, yours to close, or an error, with a message, and NULL.  [waits] for
 * names, whose addresses are tried in turn; the first one's failure is told.
 * A Unix path at which there is a socket of nobody's is taken over;
 * -EADDRINUSE: it is somebody's, or another kind of file.  -EINVAL: no address
 * of datagrams, or two that do not fit together; CEDE_EDNS. */
CEDE_API int cede_datagrams(const char *local, const char *peer,
                            cede_socket **s);

/* One packet: 1 and *p filled.  [waits]  An empty packet is one, of size 0.
 * -ECONNREFUSED and the like: what an earlier packet met.
 * If cancelled: none was taken. */
CEDE_API int cede_receive_packet(cede_socket *s, cede_packet *p);

/* Up to n packets, at most 64, as soon as there is one: how many, in the order
 * in which they came.  [waits]  One system call (recvmmsg).  Never 0, but for
 * n == 0.  -ENOMEM: for the table of the first such call. */
CEDE_API int cede_receive_packets(cede_socket *s, cede_packet *p, size_t n);

/* Send: 1.  [waits] until the kernel, and the peer of a Unix socket, has room.
 * -EMSGSIZE: too large for one packet; -EDESTADDRREQ: to nobody; -ECONNREFUSED,
 * and what else the kernel says.
 * If cancelled: it was not sent. */
CEDE_API int cede_send_packet(cede_socket *s, const cede_packet *p);

/* All n, in their order: n (sendmmsg, 64 at a time).  Less, but > 0: the next
 * one failed, or was cancelled, and the next sending call sends nothing and
 * answers why; but closed meanwhile is CEDE_ECLOSED, however many went.
 * [waits] */
CEDE_API int cede_send_packets(cede_socket *s, const cede_packet *p, size_t n);

/* The address it receives at: 0.  And its descriptor. */
CEDE_API int cede_socket_local(const cede_socket *s, cede_address *out);
CEDE_API int cede_socket_fd(const cede_socket *s);

/* Whoever waits there is answered CEDE_ECLOSED.  Any time, never waits, also
 * when its loop is over; a Unix socket's file is removed if it is still this
 * one's.  In the child of a fork it closes the descriptor alone. */
CEDE_API int cede_socket_close(cede_socket *s);

#ifdef __cplusplus
}
#endif
#endif
