/* SPDX-License-Identifier: MIT
 *
 * net_names.h - a resolver that answers what a test says: getaddrinfo of this
 * executable stands before that of the C library.
 */
#ifndef CEDE_TESTS_NET_NAMES_H
#define CEDE_TESTS_NET_NAMES_H

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { RESOLVED_MOST = 16 };
static const char *resolved[RESOLVED_MOST + 1];

/* Numeric addresses, and NULL. */
static inline void resolve_to(const char *first, ...)
{
    va_list ap;
    int n = 0;
    va_start(ap, first);
    for (const char *a = first; a && n < RESOLVED_MOST;
         a = va_arg(ap, const char *))
        resolved[n++] = a;
    resolved[n] = NULL;
    va_end(ap);
}

struct resolved {
    struct addrinfo info;
    struct sockaddr_storage raw;
};

static inline struct addrinfo *resolved_one(const char *text, int type)
{
    struct resolved *r = calloc(1, sizeof *r);
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    bool v4 = inet_pton(AF_INET, text, &in.sin_addr) == 1;
    if (v4)
        memcpy(&r->raw, &in, sizeof in);
    else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
        memcpy(&r->raw, &in6, sizeof in6);
    r->info.ai_family = v4 ? AF_INET : AF_INET6;
    r->info.ai_socktype = type;
    r->info.ai_addr = (struct sockaddr *)&r->raw;
    r->info.ai_addrlen = v4 ? sizeof in : sizeof in6;
    return &r->info;
}

int getaddrinfo(const char *restrict node, const char *restrict service,
                const struct addrinfo *restrict hints,
                struct addrinfo **restrict out)
{
    (void)node, (void)service;
    struct addrinfo **end = out;
    *out = NULL;
    for (int i = 0; resolved[i]; i++) {
        *end = resolved_one(resolved[i], hints ? hints->ai_socktype : 0);
        end = &(*end)->ai_next;
    }
    return *out ? 0 : EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *list)
{
    while (list) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}

#endif
