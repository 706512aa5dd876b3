// What Tusk uses of Linux and the Glibc module does not have: epoll, eventfd, accept4 and names of threads.
// Manual pages: epoll_ctl(2), epoll_wait(2), eventfd(2), accept(2),
// pthread_setname_np(3).
#pragma once
#include <pthread.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// The events as plain numbers; the header has them as members of an enumeration and as macros.
static const uint32_t tusk_epoll_in = EPOLLIN;
static const uint32_t tusk_epoll_out = EPOLLOUT;
static const uint32_t tusk_epoll_error = EPOLLERR;
static const uint32_t tusk_epoll_hang_up = EPOLLHUP;
static const uint32_t tusk_epoll_edge = 1u << 31;

static inline int tusk_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

// `operation` is 1 to add, 2 to remove, 3 to change.
static inline int tusk_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    return epoll_ctl(epoll, operation, descriptor, &event);
}

static inline uint64_t tusk_epoll_token(const struct epoll_event *event) { return event->data.u64; }
static inline uint32_t tusk_epoll_events(const struct epoll_event *event) { return event->events; }

// A non-blocking counter that makes a sleeping poller return.
static inline int tusk_eventfd_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
static inline int tusk_eventfd_add(int descriptor) { return eventfd_write(descriptor, 1); }

// Glibc declares these for _GNU_SOURCE only, and that macro would give this module other types than the Glibc module has.
extern int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags);
extern int pthread_setname_np(pthread_t thread, const char *name);

// Accepts a connection that does not block and is not inherited.
static inline int tusk_accept(int listener, struct sockaddr *address, socklen_t *length) {
    return accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

// What `top -H` and `perf` call the server's thread; at most 15 bytes.
static inline void tusk_name_thread(pthread_t thread) { (void)pthread_setname_np(thread, "tusk-http"); }
