// libpq as the system ships it, and the few Linux calls of the reactor that Swift's Glibc module does not show.
#pragma once

#include <libpq-fe.h>
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
