/* SPDX-License-Identifier: MIT
 *
 * fds.c - the descriptors of a loop.
 */
#include "loop/fds.h"
#include "base/memory.h"
#include "loop/loop.h"

#include <cede/base.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

void cd_fd_init(struct cd_fd *f, struct cd_loop *l, int fd)
{
    *f = (struct cd_fd){
        .loop = l, .fd = fd, .ready = CD_IN | CD_OUT, .asked = CD_IN | CD_OUT};
}

/* ---- the table --------------------------------------------------------- */

static int grow(struct cd_fds *all, size_t least)
{
    size_t size = all->size ? all->size : 32;
    while (size < least)
        size *= 2;
    struct cd_fd **at = cd_malloc(size * sizeof *at);
    if (!at)
        return -ENOMEM;
    if (all->size > 0)
        memcpy(at, all->at, all->size * sizeof *at);
    memset(at + all->size, 0, (size - all->size) * sizeof *at);
    free(all->at);
    all->at = at;
    all->size = size;
    return 0;
}

struct cd_fd *cd_fds_find(const struct cd_fds *all, int fd)
{
    return (size_t)fd < all->size ? all->at[fd] : NULL;
}

static void tell(struct cd_fd *f, int i, int rc)
{
    struct cd_fd_waiter *w = f->waiter[i];
    f->waiter[i] = NULL;
    if (!w)
        return;
    f->loop->fds.awaited -= f->fd >= 0;
    w->tell(w, rc);
}

/* Its registration is over, and so is what was waited for. */
static void lose(struct cd_fd *f)
{
    f->loop->fds.watched -= f->generation > 0;
    f->generation = 0;
    f->ended = false;
    tell(f, 0, CEDE_ECLOSED);
    tell(f, 1, CEDE_ECLOSED);
}

static void leave_slot(struct cd_fd *f)
{
    f->loop->fds.at[f->fd] = NULL;
    lose(f);
    if (f->plain)
        free(f);
}

/* Its number is another file's, or nobody's: whoever owns f must not use the
 * number any more, nor close it. */
static void displace(struct cd_fd *f)
{
    bool plain = f->plain;
    leave_slot(f);
    if (plain)
        return;
    f->loop = NULL;
    f->fd = -1;
}

/* Be found by number.  Whoever else was: its file is closed. */
static int take_slot(struct cd_fd *f)
{
    struct cd_fds *all = &f->loop->fds;
    if (f->fd < 0)
        return -EBADF;
    if ((size_t)f->fd >= all->size && grow(all, (size_t)f->fd + 1) < 0)
        return -ENOMEM;
    if (all->at[f->fd] && all->at[f->fd] != f)
        displace(all->at[f->fd]);
    all->at[f->fd] = f;
    return 0;
}

void cd_fd_move(struct cd_fd *to, struct cd_fd *from)
{
    *to = *from;
    if (from->loop && cd_fds_find(&from->loop->fds, from->fd) == from)
        from->loop->fds.at[from->fd] = to;
    *from = (struct cd_fd){.fd = -1};
}

static struct cd_fd *plain(struct cd_loop *l, int fd)
{
    struct cd_fd *f = cd_fds_find(&l->fds, fd);
    if (f)
        return f;
    if (!(f = cd_malloc(sizeof *f)))
        return NULL;
    cd_fd_init(f, l, fd);
    f->plain = true;
    f->asked = 0;
    if (take_slot(f) == 0)
        return f;
    free(f);
    return NULL;
}

void cd_fds_end(struct cd_fds *all)
{
    for (size_t i = 0; i < all->size; i++) {
        struct cd_fd *f = all->at[i];
        if (f && f->plain) {
            free(f);
        } else if (f) {
            f->loop = NULL; /* its waiters its owner knows */
            f->generation = 0;
        }
    }
    free(all->at);
    *all = (struct cd_fds){0};
}

/* ---- the kernel -------------------------------------------------------- */

static int tell_kernel(struct cd_fd *f, bool again)
{
    struct cd_poller *p = f->loop->poller;
    uint64_t data = (uint64_t)f->generation << 32 | (unsigned)f->fd;
    return p->type->watch(p, f->fd, f->asked, data, again);
}

/* Its slot is taken.  A number that is known to the kernel with this file
 * still, from a registration that we gave up, is told again. */
static int enroll(struct cd_fd *f)
{
    struct cd_fds *all = &f->loop->fds;
    if (++all->generation == 0)
        all->generation = 1;
    f->generation = all->generation;
    int rc = tell_kernel(f, false);
    if (rc == -EEXIST)
        rc = tell_kernel(f, true);
    if (rc < 0)
        f->generation = 0;
    else
        all->watched++;
    return rc;
}

/* Registered: it has its slot. */
int cd_fd_check(struct cd_fd *f)
{
    int rc;
    if (cd_unlikely(!f->loop))
        return CEDE_ECLOSED;
    if (f->fd < 0)
        return 0;
    if (!f->generation)
        return (rc = take_slot(f)) < 0 ? rc : enroll(f);
    rc = tell_kernel(f, true);
    if (rc != -ENOENT && rc != -EBADF && rc != -EPERM)
        return rc;
    if (!f->plain) {
        displace(f);
        return CEDE_ECLOSED;
    }
    lose(f);
    return rc == -EBADF ? rc : enroll(f);
}

/* Those that are waited for already, and one more. */
static void ask_for(struct cd_fd *f, unsigned direction)
{
    if (f->waiter[0])
        direction |= CD_IN;
    if (f->waiter[1])
        direction |= CD_OUT;
    if (f->plain)
        f->asked = (unsigned char)direction;
}

static bool is_open(int fd)
{
    int saved = errno;
    bool open = fcntl(fd, F_GETFD) >= 0;
    errno = saved;
    return open;
}

int cd_fds_use(struct cd_loop *l, int fd, unsigned direction,
               struct cd_fd **out)
{
    int rc;
    /* The table is not to grow for a number that nobody has. */
    if (cd_unlikely((size_t)fd >= l->fds.size) && !is_open(fd))
        return -EBADF;
    do {
        struct cd_fd *f = *out = plain(l, fd);
        if (!f)
            return -ENOMEM;
        ask_for(f, direction);
        rc = cd_fd_check(f);
        if (rc < 0 && rc != CEDE_ECLOSED)
            cd_fds_unuse(f);
    } while (rc == CEDE_ECLOSED); /* its owner has lost the number */
    return rc;
}

void cd_fds_unuse(struct cd_fd *f)
{
    if (!f->plain || f->waiter[0] || f->waiter[1])
        return;
    struct cd_poller *p = f->loop->poller;
    if (f->generation)
        (void)p->type->unwatch(p, f->fd);
    leave_slot(f);
}

int cd_fd_await(struct cd_fd *f, unsigned direction, struct cd_fd_waiter *w)
{
    if (cd_unlikely(!f->loop))
        return CEDE_ECLOSED;
    if (cd_unlikely(!f->generation) && f->fd >= 0) {
        int rc = cd_fd_check(f);
        if (rc < 0)
            return rc;
    }
    f->waiter[direction == CD_OUT] = w;
    f->loop->fds.awaited += f->fd >= 0;
    return 0;
}

void cd_fd_await_no_more(struct cd_fd *f, unsigned direction)
{
    f->waiter[direction == CD_OUT] = NULL;
    f->loop->fds.awaited -= f->fd >= 0;
}

/* ---- events ------------------------------------------------------------ */

void cd_fd_ready(struct cd_fd *f, unsigned directions, bool ended)
{
    f->ready |= (unsigned char)directions;
    f->ended |= ended;
    if (directions & CD_IN && f->waiter[0])
        tell(f, 0, 0);
    if (directions & CD_OUT && f->waiter[1])
        tell(f, 1, 0);
}

void cd_fds_event(struct cd_fds *all, uint64_t data, uint32_t events)
{
    struct cd_fd *f = cd_fds_find(all, (int)(uint32_t)data);
    if (!f || f->generation != data >> 32)
        return;
    bool over = events & (EPOLLHUP | EPOLLERR);
    bool ended = over || events & EPOLLRDHUP;
    unsigned in = events & EPOLLIN || ended ? CD_IN : 0;
    unsigned out = events & EPOLLOUT || over ? CD_OUT : 0;
    cd_fd_ready(f, in | out, ended || events & EPOLLPRI);
}

/* ---- the end ----------------------------------------------------------- */

bool cd_fd_forget(struct cd_fd *f)
{
    if (!f->loop)
        return f->fd >= 0;
    struct cd_poller *p = f->loop->poller;
    int rc = f->generation ? p->type->unwatch(p, f->fd) : 0;
    if (cd_fds_find(&f->loop->fds, f->fd) == f)
        leave_slot(f);
    else
        lose(f);
    return rc == 0;
}

/* The kernel forgets a file that is closed by itself; one that lives on
 * elsewhere reports to a generation that is over. */
void cd_fds_closing(struct cd_fds *all, int fd)
{
    struct cd_fd *f = cd_fds_find(all, fd);
    if (f)
        displace(f);
}

/* Is the number its own, as far as can be known?  Another's that is registered
 * has it since it was closed behind our back. */
static bool owns_number(const struct cd_fd *f)
{
    const struct cd_fd *owner =
        f->loop ? cd_fds_find(&f->loop->fds, f->fd) : NULL;
    return f->fd >= 0 && (!owner || owner == f || owner->plain);
}

void cd_fd_close(struct cd_fd *f)
{
    int saved = errno, fd = owns_number(f) ? f->fd : -1;
    struct cd_loop *l = f->loop;
    if (l)
        lose(f);
    if (l && fd >= 0)
        cd_fds_closing(&l->fds, fd);
    f->loop = NULL;
    f->fd = -1;
    if (fd >= 0)
        close(fd);
    errno = saved;
}
