/* SPDX-License-Identifier: MIT
 *
 * fds.h - what a loop knows of descriptors: which are ready, and who waits.
 *
 * A descriptor is told to the kernel once, for both directions and
 * edge-triggered, when somebody waits for it the first time.  What is ready is
 * kept as bits: they are set to begin with, so that calls are tried first, and
 * cleared by whoever finds that the kernel had nothing (more).
 *
 * The loop finds a struct cd_fd by its number.  Events carry a generation as
 * well: those of a registration that is over, because the number was closed
 * behind our back and used again, or because the file lives on in a duplicate
 * or another process, mean nothing, and cost one look each.
 *
 * Memory pipes are struct cd_fds without a number, whose bits their other end
 * sets.
 */
#ifndef CD_LOOP_FDS_H
#define CD_LOOP_FDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cd_loop;
struct cd_fd;

enum { CD_IN = 1, CD_OUT = 2 };

/* Who waits for one direction: told once, on the loop's thread, and then not
 * linked any more; 0: ready; CEDE_ECLOSED.  Not the moment to close it. */
struct cd_fd_waiter {
    void (*tell)(struct cd_fd_waiter *w, int rc);
};

/* waiter[d] is set => bit d of ready is not.  generation > 0 => it is found by
 * its number.  No loop, and no number: it is closed, here or behind our back,
 * or its number is another's; only no loop: that is over, or another process's.
 */
struct cd_fd {
    struct cd_loop *loop;
    int fd;              /* -1: nothing of the kernel's (any more) */
    uint32_t generation; /* of this registration; 0: none */
    unsigned char ready; /* CD_IN, CD_OUT: try */
    unsigned char asked; /* the directions that the kernel tells of: both; of a
                            plain one those that somebody waits for */
    bool ended;          /* the other end has hung up: to read is to find the
                            end, or an error, for ever; or it has sent urgent
                            data, where a read stops short of what follows */
    bool plain;          /* made by cd_fds_use, and freed with its slot */
    struct cd_fd_waiter *waiter[2]; /* for CD_IN, for CD_OUT */
};

struct cd_fds {
    struct cd_fd **at; /* by number */
    size_t size;
    uint32_t generation; /* of the latest registration */
    size_t watched;      /* registered, as far as we know */
    size_t awaited;      /* waiters linked, of all but memory pipes */
};

void cd_fd_init(struct cd_fd *f, struct cd_loop *l, int fd);

/* Nothing is there (any more) in that direction: an operation would have
 * blocked, or took less than it could.  Not where the end is to be read. */
static inline void cd_fd_clear(struct cd_fd *f, unsigned direction)
{
    if (!f->ended)
        f->ready &= (unsigned char)~direction;
}

/* The same, of what the kernel itself has said. */
static inline void cd_fd_drained(struct cd_fd *f, unsigned direction)
{
    f->ready &= (unsigned char)~direction;
}

/* What is known of it stands in `to` from now on, and nothing here; nobody
 * waits for it. */
void cd_fd_move(struct cd_fd *to, struct cd_fd *from);

/* Tell w when the direction, which is not ready and has no waiter, is.
 * 0; -ENOMEM; -EBADF; -EPERM: the file cannot be polled, and never blocks;
 * CEDE_ECLOSED. */
int cd_fd_await(struct cd_fd *f, unsigned direction, struct cd_fd_waiter *w);
void cd_fd_await_no_more(struct cd_fd *f, unsigned direction);

/* Is somebody waiting there? */
static inline bool cd_fd_awaited(const struct cd_fd *f, unsigned direction)
{
    return f->waiter[direction == CD_OUT] != NULL;
}

/* These directions are ready, or the file has ended too: tell who waits. */
void cd_fd_ready(struct cd_fd *f, unsigned directions, bool ended);

/* Its registration may be stale, for anybody may have closed the number: have
 * the kernel report what is ready from now on.  Who waits for what is closed is
 * told.  0, or as cd_fd_await; CEDE_ECLOSED: the number is another file's. */
int cd_fd_check(struct cd_fd *f);

/* The loop forgets it, and tells who waits CEDE_ECLOSED.  The file stays open:
 * true; false: the number is another file's by now. */
bool cd_fd_forget(struct cd_fd *f);
/* The same, and closes it, if it is ours still.  May be called again. */
void cd_fd_close(struct cd_fd *f);
/* Somebody is about to close this number. */
void cd_fds_closing(struct cd_fds *all, int fd);

/* What the loop knows of a number; NULL: nothing. */
struct cd_fd *cd_fds_find(const struct cd_fds *all, int fd);

/* The same before a wait for a number that anybody may have closed: what is its
 * file's, or was made for it, sure to be told of what is ready from now on in
 * that direction.  0 and *out; -ENOMEM; or as cd_fd_await. */
int cd_fds_use(struct cd_loop *l, int fd, unsigned direction,
               struct cd_fd **out);
/* Nobody waits there any more, maybe: then forget what was made for it. */
void cd_fds_unuse(struct cd_fd *f);

/* From the poller: an event, with the data it was registered with. */
void cd_fds_event(struct cd_fds *all, uint64_t data, uint32_t events);

/* The loop is over. */
void cd_fds_end(struct cd_fds *all);

#endif
