// libpq as the system ships it, and the few calls that Swift cannot make itself.
#pragma once

#include <libpq-fe.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/// epoll keeps its user value in a union, which Swift cannot fill; these two write and read its 64-bit member.
static inline int handrail_epoll_control(int epoll, int operation, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    return epoll_ctl(epoll, operation, fd, &event);
}

static inline uint64_t handrail_epoll_token(const struct epoll_event *event) {
    return event->data.u64;
}

/// Bytes that OpenSSL has already taken from the socket: epoll does not report them, so they must be asked for.
static inline int handrail_tls_pending(PGconn *connection) {
    SSL *tls = (SSL *)PQgetssl(connection);
    return tls ? SSL_pending(tls) : 0;
}

static inline void handrail_ignore_notice(void *context, const PGresult *result) {}

/// Notices may quote data; by default libpq prints them to standard error.
static inline void handrail_silence_notices(PGconn *connection) {
    PQsetNoticeReceiver(connection, handrail_ignore_notice, NULL);
}
