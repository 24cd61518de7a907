/* SPDX-License-Identifier: MIT
 *
 * path.c - the files of Unix sockets.
 *
 * A socket that is closed leaves its file behind, and bind(2) refuses a path
 * that exists.  So a file is removed with its socket, unless it is another
 * one's by now, as device and inode tell; and one that is found when binding
 * is removed if connecting to it says that nobody has it.  What is no socket
 * is never removed.
 *
 * Two processes that find the same dead file in the same moment may both take
 * it over; the second has it then.
 */
#include "net/path.h"
#include "net/address.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* With the zero behind it, for which an address may have no room. */
struct path_text {
    char text[CD_PATH_SIZE + 1];
};

/* Empty for an abstract name, and for what is not a Unix address. */
static struct path_text path_of(const cede_address *a)
{
    struct path_text p = {{0}};
    size_t size;
    const char *raw = cede_address_raw(a, &size);
    if (cede_address_family(a) == AF_UNIX && size > CD_PATH_AT)
        memcpy(p.text, raw + CD_PATH_AT, size - CD_PATH_AT);
    return p;
}

static int bind_once(int fd, const cede_address *a)
{
    size_t size;
    const struct sockaddr *raw = cede_address_raw(a, &size);
    return bind(fd, raw, (socklen_t)size) < 0 ? -errno : 0;
}

/* Has nobody that socket?  Asked by one for datagrams, which is told so of any
 * type, and is nobody's peer: of those for streams also one that does not
 * listen yet is alive, and who listens is not bothered with a connection. */
static bool is_dead(const cede_address *a)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    size_t size;
    const struct sockaddr *raw = cede_address_raw(a, &size);
    bool dead = connect(fd, raw, (socklen_t)size) < 0 && errno == ECONNREFUSED;
    close(fd);
    return dead;
}

static bool remove_dead(const char *path, const cede_address *a)
{
    struct stat before, now;
    return lstat(path, &before) == 0 && S_ISSOCK(before.st_mode) &&
           is_dead(a) && lstat(path, &now) == 0 &&
           now.st_ino == before.st_ino && now.st_dev == before.st_dev &&
           unlink(path) == 0;
}

/* Nobody can connect before it listens, so that it is in time. */
static int set_mode(const char *path, int mode)
{
    return mode && chmod(path, (mode_t)mode) < 0 ? -errno : 0;
}

static int own(const char *path, int mode, struct cd_path *out)
{
    struct stat s;
    if (lstat(path, &s) < 0)
        return -errno;
    *out = (struct cd_path){getpid(), s.st_dev, s.st_ino};
    return set_mode(path, mode);
}

int cd_path_bind(int fd, const cede_address *a, int mode, struct cd_path *out)
{
    struct path_text p = path_of(a);
    *out = (struct cd_path){0};
    int rc = bind_once(fd, a);
    if (rc == -EADDRINUSE && p.text[0] && remove_dead(p.text, a))
        rc = bind_once(fd, a);
    if (rc < 0 || !p.text[0])
        return rc;
    rc = own(p.text, mode, out);
    if (rc < 0)
        cd_path_remove(out, a);
    return rc;
}

void cd_path_remove(struct cd_path *p, const cede_address *a)
{
    struct stat s;
    struct path_text path = path_of(a);
    if (p->owner == getpid() && lstat(path.text, &s) == 0 &&
        s.st_dev == p->device && s.st_ino == p->inode)
        unlink(path.text);
    p->owner = 0;
}
