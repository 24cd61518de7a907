/* SPDX-License-Identifier: MIT
 *
 * address.h - where a socket is: addresses, and how they are written.
 *
 *     tcp://192.0.2.7:80      udp://192.0.2.7:53
 *     tcp://[::1]:80          tcp://[fe80::1%eth0]:80, with the interface
 *     tcp://example.org:80    a name, which has to be looked up
 *     tcp://:80               all interfaces, IPv6 and IPv4, to listen at; or
 *                             with * for the host
 *     unix:/run/app.sock      unix:relative/path
 *     unix:@name              Linux's abstract names, which are no files
 *     unix:                   no name; bound to, the system chooses one
 *
 * Port 0 lets the system choose when a socket is bound.  Ports are numbers.
 * What is written after unix: is the path as it is; a file whose name begins
 * with @ is unix:./@name.  In an abstract name %XX is a byte, so that it can
 * have zeros; a % itself is %25.  Whether a Unix socket is one of streams or of
 * datagrams its address does not say.
 *
 *     cede_address found[8];
 *     int n = cede_resolve_name("tcp://example.org:80", found, 8);
 *
 * An address is a value: copied, compared and forgotten as you like; its fields
 * are not for you.  Zeroed it is none, as that of a peer without a name.  None
 * of these calls keeps a pointer, and any thread may make them.
 *
 * Not parsed: other spellings of IPv4 (0x7f.1, 127.1), names of ports, names in
 * other letters than ASCII (write xn--...), anything behind the port.
 */
#ifndef CEDE_ADDRESS_H
#define CEDE_ADDRESS_H

#include <cede/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cede_address {
    uint64_t raw_[16];  /* as the kernel has it */
    unsigned raw_size_; /* of that; 0: none */
    unsigned type_;     /* of socket, as the kernel has it; 0: any */
    bool any_;          /* written as one of all interfaces */
    size_t reserved_[2];
} cede_address;

/* ---- text ------------------------------------------------------------ */

/* Read text, which has one of the forms above; never waits.
 * 0.  -EINVAL, with a message that says which part is wrong, and how it is
 * written.  CEDE_EDNS: all is right, but the host is a name: that is for
 * cede_resolve_name.  -errno when the system cannot be asked for the
 * interface.  out is written on success only, and may be NULL. */
CEDE_API int cede_address_parse(const char *text, cede_address *out);

/* Write a to buf, cut to size, in the form that cede_address_parse reads; as
 * snprintf returns.  Of none: "". */
CEDE_API int cede_address_text(const cede_address *a, char *buf, size_t size);

/* A buffer of so many bytes is always large enough. */
enum { CEDE_ADDRESS_TEXT = 352 };

/* ---- names ----------------------------------------------------------- */

/* Find all addresses of text, whose host may be a name: that is looked up as
 * the system does (getaddrinfo), and the addresses are in its order, each once.
 * [waits], a plain thread blocks, except for names that need no looking up; on
 * a loop's thread outside of a task they do: -EPERM.
 * How many there are, at least 1; of these the first n are written.
 * CEDE_EDNS, with a message: the name has no address, or nobody answers.
 * -EINVAL and -errno as cede_address_parse; -ENOMEM.
 * How long that may take is for scopes to say.  If cancelled: -ECANCELED at
 * once; a look-up that has begun goes on elsewhere, and is forgotten.  At most
 * 16 are looked up at a time in a process, the others in the order of calling,
 * so that many names that nobody answers for are waited for in turn.  The end
 * of the process does not wait for look-ups. */
CEDE_API int cede_resolve_name(const char *text, cede_address *out, size_t n);

/* ---- parts ----------------------------------------------------------- */

/* 0 to 65535; -EINVAL for what has none. */
CEDE_API int cede_address_port(const cede_address *a);

/* AF_INET, AF_INET6, AF_UNIX; 0 of none. */
CEDE_API int cede_address_family(const cede_address *a);

/* SOCK_STREAM of tcp, SOCK_DGRAM of udp; 0: it does not say. */
CEDE_API int cede_address_type(const cede_address *a);

/* Was it written as one of all interfaces?  It is IPv6's then, and means both:
 * who binds to it has IPV6_V6ONLY off, and takes 0.0.0.0 where there is no
 * IPv6. */
CEDE_API bool cede_address_is_any(const cede_address *a);

/* Are they the same in every part, that is, have the same text? */
CEDE_API bool cede_address_equal(const cede_address *a, const cede_address *b);

/* ---- of the system's ------------------------------------------------- */

/* From a struct sockaddr of size bytes, as accept(2), getsockname(2) and the
 * like give it; of a socket of this type (SOCK_STREAM, SOCK_DGRAM).
 * 0; -EINVAL: wrong size, or another type; -EAFNOSUPPORT: neither IP nor Unix.
 * size 0: it is none. */
CEDE_API int cede_address_from(const void *raw, size_t size, int type,
                               cede_address *out);

/* The struct sockaddr in it, for bind(2), connect(2) and the like; as long as a
 * is there.  Its size goes to *size. */
CEDE_API const void *cede_address_raw(const cede_address *a, size_t *size);

#ifdef __cplusplus
}
#endif
#endif
