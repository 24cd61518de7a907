/* SPDX-License-Identifier: MIT
 *
 * strerror.c - texts of error codes.
 *
 * The kernel's codes get the C library's texts through strerrordesc_np where
 * there is one, because strerror() shares a buffer between threads; elsewhere
 * through a thread-local strerror_r.
 */
#define _GNU_SOURCE /* strerrordesc_np */
#include <cede/base.h>

#include <string.h>

static const char *own_text(int err)
{
    switch ((enum cede_error)err) {
    case CEDE_EXIT:
        return "generator told to stop";
    case CEDE_ECLOSED:
        return "closed";
    case CEDE_EBROKEN:
        return "broken: its other side is gone";
    case CEDE_ESHORT:
        return "ended too early";
    case CEDE_EPROTO:
        return "generator broke its protocol";
    case CEDE_EDNS:
        return "name not resolved";
    case CEDE_ETLS:
        return "TLS failed";
    }
    return NULL;
}

const char *cede_strerror(int err)
{
    if (err >= 0)
        return "success";
    const char *text = own_text(err);
    if (text)
        return text;
    static _Thread_local char buf[64];
    int saved = errno;
#ifdef __GLIBC__
    text = err > CEDE_EXIT ? strerrordesc_np(-err) : NULL;
    if (!text)
        text = "unknown error";
    (void)buf;
#else
    text = strerror_r(-err, buf, sizeof buf) == 0 ? buf : "unknown error";
#endif
    errno = saved;
    return text;
}
