/* SPDX-License-Identifier: MIT
 *
 * names.c - names looked up elsewhere, while the task waits.
 *
 * The system's getaddrinfo knows what names there are, in files, on the network
 * and wherever else the machine is told to look; it blocks, for half a minute
 * where nobody answers, and its use of the stack depends on who does.  So it
 * runs as a job on threads of its own, see cd_pool_names, whoever asks.
 *
 * The job has a copy of all that it needs: who waits for it may leave, and it
 * goes on.  What it found belongs to both until the second of them parts.
 */
#include "base/memory.h"
#include "net/address.h"
#include "pool/pool.h"

#include <netdb.h>
#include <stdatomic.h>

struct look_up {
    struct cd_host host;
    struct addrinfo *found; /* what follows is set by the job */
    int rc;                 /* getaddrinfo's */
    int err;                /* errno, if that says so */
    atomic_bool parted;     /* one of the two has */
};

static void part(struct look_up *l)
{
    if (atomic_exchange(&l->parted, true) && l->found)
        freeaddrinfo(l->found);
}

static int look_up(void *arg)
{
    struct look_up *l = arg;
    const struct addrinfo hints = {.ai_socktype = l->host.type};
    l->rc = getaddrinfo(l->host.name, NULL, &hints, &l->found);
    l->err = errno;
    if (l->rc != 0)
        l->found = NULL;
    part(l);
    return 0;
}

/* ---- what was found ---------------------------------------------------- */

static int failure(const struct look_up *l)
{
    const char *name = l->host.name;
    if (l->rc == EAI_MEMORY)
        return -ENOMEM;
    if (l->rc == EAI_SYSTEM && l->err > 0)
        return cede_fail(-l->err, "'%s': %s", name, cede_strerror(-l->err));
    return cede_fail(CEDE_EDNS, "'%s': %s", name,
                     l->rc ? gai_strerror(l->rc) : "it has no IP address");
}

static bool is_among(const cede_address *a, const cede_address *all, int n)
{
    for (int i = 0; i < n; i++)
        if (cede_address_equal(a, &all[i]))
            return true;
    return false;
}

/* Those that are IP's, each once. */
static int collect(const struct look_up *l, cede_address *all)
{
    int n = 0;
    const struct addrinfo *i;
    for (i = l->found; i; i = i->ai_next) {
        if (i->ai_family != AF_INET && i->ai_family != AF_INET6)
            continue;
        if (cede_address_from(i->ai_addr, i->ai_addrlen, l->host.type,
                              &all[n]) < 0)
            continue;
        cd_address_set_port(&all[n], l->host.port);
        if (!is_among(&all[n], all, n))
            n++;
    }
    return n;
}

static int answer(const struct look_up *l, cede_address **out)
{
    size_t n = 0;
    for (const struct addrinfo *i = l->found; i; i = i->ai_next)
        n++;
    cede_address *all = n ? cd_malloc(n * sizeof *all) : NULL;
    if (n && !all)
        return -ENOMEM;
    int found = n ? collect(l, all) : 0;
    if (found == 0) {
        free(all);
        return failure(l);
    }
    *out = all;
    return found;
}

/* ---- waiting for it ---------------------------------------------------- */

/* Cancelled: a job that has not begun never will. */
static int await(cede_future *f, cede_address **out)
{
    struct look_up *l = cede_arg(f);
    int rc = cede_await(f);
    if (rc >= 0)
        rc = answer(l, out);
    else
        (void)cede_cancel(f);
    part(l);
    return rc;
}

static int find(const struct cd_host *host, cede_address **out)
{
    if (cd_me.loop && !cd_task_needed("cede_resolve_name of a name"))
        return -EPERM;
    const struct look_up l = {.host = *host};
    cede_pool *p = cd_pool_names();
    cede_future *f =
        p ? cede_submit_named_(p, "name look-up\0", look_up, &l, sizeof l)
          : NULL;
    if (!f)
        return -ENOMEM;
    int rc = await(f, out);
    cede_future_free(f);
    return rc;
}

static int copy(const cede_address *a, cede_address **out)
{
    *out = cd_malloc(sizeof *a);
    if (!*out)
        return -ENOMEM;
    **out = *a;
    return 1;
}

int cd_address_all(const char *text, cede_address **out)
{
    cede_address a;
    struct cd_host host;
    int saved = errno;
    int rc = cd_me.task ? cd_checkpoint(cd_me.task) : 0;
    if (rc == 0) {
        rc = cd_address_read(text, &a, &host);
        if (rc >= 0)
            rc = rc > 0 ? find(&host, out) : copy(&a, out);
    }
    cd_errno_restore(saved);
    return rc;
}

int cede_resolve_name(const char *text, cede_address *out, size_t n)
{
    cede_address *all = NULL;
    int found = cd_address_all(text, &all);
    if (!all)
        return found;
    size_t some = (size_t)found < n ? (size_t)found : n;
    if (some > 0)
        memcpy(out, all, some * sizeof *out);
    free(all);
    return found;
}
