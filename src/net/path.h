/* SPDX-License-Identifier: MIT
 *
 * path.h - the files of Unix sockets: made, taken over, removed.
 */
#ifndef CD_NET_PATH_H
#define CD_NET_PATH_H

#include <cede/address.h>
#include <sys/types.h>

/* A file that a socket of ours was bound to.  Zeroed: there is none. */
struct cd_path {
    pid_t owner; /* the process that removes it; 0: none */
    dev_t device;
    ino_t inode;
};

/* Bind a Unix socket.  A path whose socket nobody has any more, because its
 * process died, is taken over.  *out is the file, if a is a path; its mode is
 * `mode`, if that is not 0.  0; -EADDRINUSE: somebody has it, or it is another
 * kind of file; or as bind(2). */
int cd_path_bind(int fd, const cede_address *a, int mode, struct cd_path *out);

/* Remove the file, if it is still the same one and this the process that made
 * it; a second time: nothing. */
void cd_path_remove(struct cd_path *p, const cede_address *a);

#endif
