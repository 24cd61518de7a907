/* SPDX-License-Identifier: MIT
 *
 * resolver.h - a getaddrinfo of our own, which stands before the C library's:
 * names that have addresses, that have none, and that nobody answers for.
 * Include check.h first.  They leave errno and failures' results as badly as
 * they may.
 *
 *     two         ::1, then 127.0.0.1, each twice, and an address of no use
 *     hang, ...   waits until let go, see hanging(); then as others
 *     none        success, and nothing found
 *     deep        uses 60 KB of stack
 *     noname, again, memory, files: fail, each in its own way
 *     others      192.0.2.7
 */
#ifndef CEDE_TESTS_RESOLVER_H
#define CEDE_TESTS_RESOLVER_H

#include "pool/pool.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/socket.h>

static struct {
    atomic_int asked, at_once, most_at_once, alive; /* look-ups; results */
    _Atomic(pthread_t) thread;                      /* of the last */
    sem_t there, go;                                /* of those that hang */
} resolver;

__attribute__((constructor)) static inline void resolver_begin_(void)
{
    sem_init(&resolver.there, 0, 0);
    sem_init(&resolver.go, 0, 0);
}

static inline struct addrinfo *resolved_(int family, const char *host,
                                         struct addrinfo *next)
{
    struct {
        struct addrinfo info;
        struct sockaddr_storage raw;
    } *r = calloc(1, sizeof *r);
    struct sockaddr_in *in = (void *)&r->raw;
    struct sockaddr_in6 *in6 = (void *)&r->raw;
    bool v6 = family == AF_INET6;
    r->raw.ss_family = (sa_family_t)family;
    inet_pton(family, host, v6 ? (void *)&in6->sin6_addr : &in->sin_addr);
    r->info.ai_family = family;
    r->info.ai_addr = (struct sockaddr *)&r->raw;
    r->info.ai_addrlen = v6 ? sizeof *in6 : sizeof *in;
    r->info.ai_next = next;
    resolver.alive++;
    return &r->info;
}

static inline struct addrinfo *two_(void)
{
    struct addrinfo *a = NULL;
    for (int i = 0; i < 2; i++) {
        a = resolved_(AF_INET, "127.0.0.1", a);
        a = resolved_(AF_INET6, "::1", a);
    }
    return resolved_(AF_UNIX, "", a);
}

static inline int deep_(void)
{
    volatile char frame[60 * 1024];
    for (size_t i = 0; i < sizeof frame; i += 512)
        frame[i] = 1;
    return frame[512] - 1;
}

static inline int answer_(const char *name, struct addrinfo **out)
{
    static const struct {
        const char *name;
        int rc;
    } failures[] = {{"noname", EAI_NONAME},
                    {"again", EAI_AGAIN},
                    {"memory", EAI_MEMORY},
                    {"files", EAI_SYSTEM}};
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++)
        if (strcmp(name, failures[i].name) == 0) {
            errno = EMFILE;
            *out = (void *)&failures;
            return failures[i].rc;
        }
    if (strcmp(name, "two") == 0)
        *out = two_();
    else if (strcmp(name, "none") == 0)
        *out = NULL;
    else
        *out = resolved_(AF_INET, "192.0.2.7", NULL);
    return strcmp(name, "deep") == 0 ? deep_() : 0;
}

int getaddrinfo(const char *name, const char *service,
                const struct addrinfo *hints, struct addrinfo **out)
{
    CHECK(!service && hints->ai_family == AF_UNSPEC && hints->ai_socktype);
    resolver.asked++;
    resolver.thread = pthread_self();
    int now = ++resolver.at_once, most = resolver.most_at_once;
    while (now > most &&
           !atomic_compare_exchange_weak(&resolver.most_at_once, &most, now))
        ;
    if (strncmp(name, "hang", 4) == 0) {
        sem_post(&resolver.there);
        sem_wait(&resolver.go);
    }
    int rc = answer_(name, out);
    resolver.at_once--;
    return rc;
}

void freeaddrinfo(struct addrinfo *a)
{
    errno = ENOTTY;
    while (a) {
        struct addrinfo *next = a->ai_next;
        free(a);
        resolver.alive--;
        a = next;
    }
}

/* Wait until no look-up is left, nor anything of it. */
static inline void resolver_settle(void)
{
    cede_pool *p = cd_pool_names();
    cede_pool_info now = {0};
    do
        (void)cede_pool_look(p, &now);
    while (now.queued > 0 || now.idle < now.workers);
}

#endif
