/* SPDX-License-Identifier: MIT
 *
 * strerror.c - texts of error codes.
 *
 * The kernel's codes get the C library's texts through strerrordesc_np where
 * there is one, because strerror() may share a buffer between threads.
 * Elsewhere strerror_r's are kept, one for each code, and never freed.
 */
#define _GNU_SOURCE /* strerrordesc_np */
#include "base/memory.h"

#include <cede/base.h>
#include <stdatomic.h>

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

#ifdef __GLIBC__

static const char *system_text(int code)
{
    return strerrordesc_np(code);
}

#else

static const char *system_text(int code)
{
    enum { CODES = 256 };
    static _Atomic(char *) texts[CODES];
    char buf[128], *none = NULL;
    if (code >= CODES)
        return NULL;
    char *text = atomic_load(&texts[code]);
    if (text || strerror_r(code, buf, sizeof buf) || !(text = cd_strdup(buf)))
        return text;
    if (atomic_compare_exchange_strong(&texts[code], &none, text))
        return text;
    free(text); /* another thread was faster */
    return none;
}

#endif

const char *cede_strerror(int err)
{
    if (err >= 0)
        return "success";
    const char *text = own_text(err);
    if (text)
        return text;
    int saved = errno;
    text = err > CEDE_EXIT ? system_text(-err) : NULL;
    cd_errno_restore(saved);
    return text ? text : "unknown error";
}
