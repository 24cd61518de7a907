/* SPDX-License-Identifier: MIT
 *
 * request.h - one request of HTTP, as far as it is understood here.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include <cede.h>
#include <llhttp.h>
#include <stdbool.h>

enum { HEAD = 8192, PATH = 64, HEADER = 24, VALUE = 64 };

/* What was read of a request.  Text that is too long for its place is cut, and
 * then as long as the place: nothing that we know is. */
struct request {
    llhttp_t parser;
    cede_stream *peer;
    size_t seen; /* bytes */
    bool body;
    char path[PATH + 1], header[HEADER + 1], last_event[VALUE + 1];
};

/* Read the next request of a peer: 200 it is there, 400 it is none, 431 it is
 * too large; 0 the peer has ended; < 0 it failed; -ETIMEDOUT: it did not come
 * in ten seconds.  [waits] */
int request_read(struct request *r, cede_stream *peer);

#endif
