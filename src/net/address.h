/* SPDX-License-Identifier: MIT
 *
 * address.h - the inside of addresses: what their text says.
 */
#ifndef CD_NET_ADDRESS_H
#define CD_NET_ADDRESS_H

#include <cede/address.h>
#include <sys/un.h>

enum { CD_HOST_MOST = 253 }; /* bytes of a name, by RFC 1035 */

/* Where a Unix address has its path, and room for so many bytes of it. */
enum {
    CD_PATH_AT = offsetof(struct sockaddr_un, sun_path),
    CD_PATH_SIZE = sizeof((struct sockaddr_un *)0)->sun_path
};

/* An address whose host is still to be looked up. */
struct cd_host {
    char name[CD_HOST_MOST + 1];
    int type; /* of socket */
    uint16_t port;
};

/* 0: *out is what text says.  1: it would be, but for the host, and *host is.
 * Else as cede_address_parse. */
int cd_address_read(const char *text, cede_address *out, struct cd_host *host);

/* a's port becomes this one; a has one. */
void cd_address_set_port(cede_address *a, uint16_t port);

/* All addresses of text, in an array that is yours to free: how many, or as
 * cede_resolve_name.  *out is written on success only.  [waits] */
int cd_address_all(const char *text, cede_address **out);

#endif
