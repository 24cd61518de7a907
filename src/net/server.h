/* SPDX-License-Identifier: MIT
 *
 * server.h - the inside of servers: sockets that listen, who waits for peers,
 * and the tasks that serve them.
 */
#ifndef CD_NET_SERVER_H
#define CD_NET_SERVER_H

#include "net/path.h"
#include "net/pause.h"
#include "net/stream.h"

#include <cede/net.h>

/* waiter is linked only while fd is not ready. */
struct cd_listener {
    cede_server *server;
    struct cd_fd fd; /* -1: it is closed */
    struct cd_fd_waiter waiter;
    int rc;          /* < 0: why nobody can come here any more */
    bool counts;     /* the kernel tells how many wait */
    unsigned queued; /* who waited when this turn of accepting began, and wait
                        still; 0: not known */
    cede_address address;
    struct cd_path path;
};

/* How the serving ends; each step follows when the time of the one before it
 * is up. */
enum cd_ending {
    CD_OPEN,      /* it does not */
    CD_GRACE,     /* nobody is accepted any more */
    CD_CANCELLED, /* handlers are cancelled */
    CD_ABORTED    /* their streams are gone */
};

/* A peer whose task has not had its first step. */
struct cd_arrival {
    struct cd_arrival *next; /* while it is free */
    cede_server *server;
    int fd;
};

enum { CD_BATCH = 64 }; /* peers accepted before others run */

struct cede_server {
    struct cd_loop *loop; /* borrowed */
    cede_serve_options options;

    struct cd_listener **listeners; /* in the order of adding */
    size_t n;
    size_t turn; /* whose turn to be asked first it is */

    unsigned adding;      /* calls of cede_server_add that look names up */
    bool running;         /* in cede_server_run */
    bool accepting;       /* somebody waits in cede_accept */
    struct cd_pause rest; /* of either of these */

    cede_peer_fn *on_peer;
    void *arg;
    const char *name, *site; /* of the tasks; see CEDE_NAMED_ */
    struct cd_group group;   /* of handlers; entered by nobody */
    enum cd_ending ending;
    cede_time deadline; /* of this step of it */
    size_t live;        /* peers whose tasks are not over */
    uint64_t accepted, failed;

    bool reported;   /* there was too little of something, and still is */
    cede_time retry; /* when accepting goes on; 0: at once */
    int in_hand;     /* accepted, and no task could be started; -1: none */
    struct cd_arrival *free;
    struct cd_arrival arrivals[CD_BATCH];
};

/* ---- listen.c ---------------------------------------------------------- */

/* May this task use s for that?  0; -ENOMEM: there is none; -EPERM. */
int cd_server_check(const cede_server *s, const char *what);

/* ---- listener.c -------------------------------------------------------- */

/* Listen at one address.  And: at a descriptor that listens already, of all
 * interfaces or not, and whose file, if there is one, is path. */
int cd_server_listen(cede_server *s, const cede_address *a, bool v6_only);
int cd_server_adopt(cede_server *s, int fd, bool any,
                    const struct cd_path *path);

/* Close what listens, and remove the files.  And: forget all but the first n
 * as well. */
void cd_server_shut(cede_server *s);
void cd_server_keep(cede_server *s, size_t n);

/* ---- accept.c ---------------------------------------------------------- */

/* A turn of accepting begins: the loop may have looked around since the last
 * one. */
void cd_server_begin_turn(cede_server *s);

/* A peer's descriptor.  -EAGAIN: there is none now; or the kernel's refusal. */
int cd_server_take(cede_server *s);

/* Close a peer's descriptor so that it knows; there is no memory for more. */
void cd_server_refuse(int fd);

/* Have s->rest ended when there may be a peer: 0; 1: there may be one by now;
 * or why that cannot be known. */
int cd_server_watch(cede_server *s);
void cd_server_watch_no_more(cede_server *s);

/* Is rc one that passes, when somebody gives back what he has? */
bool cd_is_shortage(int rc);

/* ---- serve.c ----------------------------------------------------------- */

/* Accepting pauses, for lack of something or at the limit. */
bool cd_server_held_up(const cede_server *s);

/* For dumps: whom t serves, if it is a handler's task. */
bool cd_server_peer(const struct cd_task *t, cede_address *out);

#endif
