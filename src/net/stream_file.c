/* SPDX-License-Identifier: MIT
 *
 * stream_file.c - files, sent without a copy where the kernel can do that.
 */
#include "net/stream.h"

#include <limits.h>
#include <unistd.h>

/* A piece of the file; as read. */
static ssize_t read_piece(int fd, void *buf, size_t n, const off_t *offset)
{
    int saved = errno;
    ssize_t got;
    do {
        got = offset ? pread(fd, buf, n, *offset) : read(fd, buf, n);
    } while (got < 0 && errno == EINTR);
    int err = errno;
    errno = saved;
    return got < 0 ? -err : got;
}

/* It stops in the middle, if anything went: then that is the peer's last. */
static int stopped(struct cede_stream *s, int rc, size_t sent)
{
    if (rc < 0 && rc != CEDE_ECLOSED && sent > 0 && s->out_error == 0)
        cd_stream_cut(s);
    return rc < 0 ? rc : (int)sent;
}

/* The next piece, behind those of `sent` bytes: how long it was; 0: the file's
 * end; < 0. */
static int copy_piece(struct cede_stream *s, int fd, off_t *offset, char *buf,
                      size_t n, size_t sent)
{
    ssize_t got = read_piece(fd, buf, n < CD_BUFFER ? n : CD_BUFFER, offset);
    if (got <= 0)
        return (int)got;
    const struct iovec v = {buf, (size_t)got};
    int rc = cd_stream_send_more(s, &v, 1, sent);
    if (rc == 0 && offset)
        *offset += got;
    return rc < 0 ? rc : (int)got;
}

/* The kernel cannot do it with these two. */
static int copy_file(struct cede_stream *s, int fd, off_t *offset, size_t n)
{
    struct cd_loop *l = s->loop;
    char *buf = cd_buffer_take(l);
    if (!buf)
        return -ENOMEM;
    size_t sent = 0;
    int rc = 1;
    while (sent < n &&
           (rc = copy_piece(s, fd, offset, buf, n - sent, sent)) > 0)
        sent += (size_t)rc;
    cd_buffer_give(l, buf);
    return stopped(s, rc, sent);
}

/* -EINVAL or the like, and nothing was sent: it is to be copied. */
static bool cannot(ssize_t rc)
{
    return rc == -EINVAL || rc == -ENOSYS || rc == -EOPNOTSUPP;
}

static int send_file(struct cede_stream *s, int fd, off_t *offset, size_t n)
{
    enum { PIECE = 1 << 20 };
    size_t sent = 0;
    while (sent < n) {
        size_t piece = n - sent < PIECE ? n - sent : PIECE;
        ssize_t got = s->out->ready & CD_OUT
                          ? s->transport->send_file(s, fd, offset, piece)
                          : -EAGAIN;
        if (got > 0) {
            sent += (size_t)got;
            s->out_count += (size_t)got;
            cd_stream_paid((size_t)got);
        } else if (got == 0) {
            break;
        } else if (got != -EAGAIN) {
            return cannot(got) && sent == 0 ? copy_file(s, fd, offset, n)
                                            : stopped(s, (int)got, sent);
        } else {
            s->cut = sent > 0;
            int rc = cd_stream_wait(s, CD_OUT, "stream write");
            if (rc != CEDE_ECLOSED)
                s->cut = false;
            if (rc < 0)
                return stopped(s, rc, sent);
        }
    }
    return (int)sent;
}

int cede_write_file(cede_stream *s, int fd, off_t *offset, size_t n)
{
    int rc = cd_stream_begin_write(s, "cede_write_file");
    if (rc < 0)
        return rc;
    if (n > INT_MAX)
        return cede_fail(-EINVAL, "cede_write_file: %zu bytes", n);
    if (s->gathered && (rc = cd_stream_send(s, NULL, 0)) < 0)
        return rc;
    rc = send_file(s, fd, offset, n);
    if (rc >= 0)
        cd_checkpoint_end(cd_me.task);
    return rc;
}
