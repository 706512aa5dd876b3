// How a program is started with limits: fork and exec with nothing between them but system calls that are safe there.
// Manual pages: fork(2), setrlimit(2), prctl(2), close_range(2), memfd_create(2), cmsg(3), signalfd(2).
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

// What to start. A limit of 0 is none.
struct tusk_command {
    char *const *arguments;
    char *const *variables;
    const char *directory;
    int input, output, errors;
    uint64_t memory_bytes, cpu_seconds, file_bytes, files, tasks;
};

// Glibc declares it for _GNU_SOURCE only.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

static inline int tusk_limit(int resource, uint64_t soft, uint64_t hard) {
    if (soft == 0) return 0;
    struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
    return setrlimit((__rlimit_resource_t)resource, &limit);
}

// In the child: makes everything as it is to be, and becomes the program. Returns only when something failed.
static inline void tusk_become(const struct tusk_command *command) {
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++) (void)signal(number, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, &none, 0);
    if (setsid() < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return;
    umask(077);
    if (chdir(command->directory) != 0) return;
    // Copies above all that could be meant, so that none of them overwrites another.
    int input = fcntl(command->input, F_DUPFD, 10), output = fcntl(command->output, F_DUPFD, 10);
    int errors = fcntl(command->errors, F_DUPFD, 10);
    if (input < 0 || output < 0 || errors < 0) return;
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(errors, 2) < 0) return;
    // 4 is CLOSE_RANGE_CLOEXEC: the descriptor that reports a failure is needed until exec.
    if (syscall(SYS_close_range, 3u, ~0u, 4u) != 0) return;
    if (setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) != 0) return;
    // The signal at the soft limit can be told from a kill; the hard limit is for those that ignore it.
    if (tusk_limit(RLIMIT_CPU, command->cpu_seconds, command->cpu_seconds + 1) != 0) return;
    if (tusk_limit(RLIMIT_FSIZE, command->file_bytes, command->file_bytes) != 0) return;
    if (tusk_limit(RLIMIT_NOFILE, command->files, command->files) != 0) return;
    // Counts all tasks of the user, on the whole machine; the kernel does not hold root to it.
    if (tusk_limit(RLIMIT_NPROC, command->tasks, command->tasks) != 0) return;
    if (tusk_limit(RLIMIT_AS, command->memory_bytes, command->memory_bytes) != 0) return;
    execve(command->arguments[0], command->arguments, command->variables);
}

// Starts a program in a session and process group of its own. Its number, or the negative errno.
static inline pid_t tusk_start(const struct tusk_command *command) {
    int report[2], fault = 0;
    if (pipe(report) != 0) return -errno;
    if (fcntl(report[0], F_SETFD, FD_CLOEXEC) != 0 || fcntl(report[1], F_SETFD, FD_CLOEXEC) != 0) return -errno;
    pid_t child = fork();
    if (child == 0) {
        tusk_become(command);
        fault = errno;
        (void)!write(report[1], &fault, sizeof fault);
        _exit(127);
    }
    if (child < 0) fault = errno;
    close(report[1]);
    ssize_t count;
    do count = read(report[0], &fault, sizeof fault); while (count < 0 && errno == EINTR);
    close(report[0]);
    return fault == 0 ? child : -fault;
}

// Processes that lose their parent become this one's children from now on.
static inline int tusk_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

// A descriptor that can be read when a child has ended; the signal itself does nothing any more.
static inline int tusk_child_signal(void) {
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &wanted, 0) != 0) return -1;
    return signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}

// A file in memory that is read from its start. Glibc declares memfd_create for _GNU_SOURCE only.
static inline int tusk_memory_file(const void *bytes, size_t count) {
    int file = (int)syscall(SYS_memfd_create, "tusk-args", 1u /* MFD_CLOEXEC */);
    if (file < 0) return -1;
    size_t written = 0;
    while (written < count) {
        ssize_t step = write(file, (const char *)bytes + written, count - written);
        if (step < 0 && errno == EINTR) continue;
        if (step <= 0) { close(file); return -1; }
        written += (size_t)step;
    }
    if (lseek(file, 0, SEEK_SET) != 0) { close(file); return -1; }
    return file;
}

// Both ends are not inherited; the reader does not wait, the writer does, as programs expect.
static inline int tusk_pipe(int ends[2]) {
    if (syscall(SYS_pipe2, ends, O_CLOEXEC) != 0) return -1;
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0) return 0;
    close(ends[0]);
    close(ends[1]);
    return -1;
}

static inline int tusk_seqpacket_pair(int pair[2]) {
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
}

// Sends a message with three descriptors.
static inline ssize_t tusk_send_with(int to, const void *bytes, size_t count, const int descriptors[3]) {
    union { char bytes[CMSG_SPACE(3 * sizeof(int))]; struct cmsghdr alignment; } control = {0};
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes,
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(3 * sizeof(int));
    memcpy(CMSG_DATA(header), descriptors, 3 * sizeof(int));
    ssize_t sent;
    do sent = sendmsg(to, &message, MSG_NOSIGNAL); while (sent < 0 && errno == EINTR);
    return sent;
}

// Receives a message; `descriptors` become -1 unless three came with it.
static inline ssize_t tusk_receive_with(int from, void *bytes, size_t count, int descriptors[3]) {
    union { char bytes[CMSG_SPACE(3 * sizeof(int))]; struct cmsghdr alignment; } control = {0};
    struct iovec part = {.iov_base = bytes, .iov_len = count};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes,
    };
    descriptors[0] = descriptors[1] = descriptors[2] = -1;
    ssize_t received;
    do received = recvmsg(from, &message, MSG_CMSG_CLOEXEC); while (received < 0 && errno == EINTR);
    struct cmsghdr *header = received > 0 ? CMSG_FIRSTHDR(&message) : 0;
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS
        && header->cmsg_len == CMSG_LEN(3 * sizeof(int)))
        memcpy(descriptors, CMSG_DATA(header), 3 * sizeof(int));
    return received;
}

// Waits for no one: the number of a child that has ended, now gone, and how; 0: none has; -1: there are no children.
// When it is `leader`, its process group is killed while the number still belongs to it.
static inline pid_t tusk_reap(pid_t leader, int *status) {
    siginfo_t found = {0};
    int answer;
    do answer = waitid(P_ALL, 0, &found, WEXITED | WNOHANG | WNOWAIT); while (answer != 0 && errno == EINTR);
    if (answer != 0) return -1;
    if (found.si_pid == 0) return 0;
    if (found.si_pid == leader) (void)kill(-leader, SIGKILL);
    pid_t gone;
    do gone = waitpid(found.si_pid, status, 0); while (gone < 0 && errno == EINTR);
    return gone;
}

// Starts the supervisor: a process group of its own, no variables, the standard descriptors and `socket` as 3.
// Its number, or the negative errno.
static inline pid_t tusk_spawn_supervisor(const char *program, char *const *arguments, int socket) {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    sigset_t all, none;
    char *variables[] = {0};
    pid_t child = 0;
    int fault = posix_spawnattr_init(&attributes);
    if (fault != 0) return -fault;
    fault = posix_spawn_file_actions_init(&actions);
    if (fault != 0) { posix_spawnattr_destroy(&attributes); return -fault; }
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    fault = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (fault == 0) fault = posix_spawn_file_actions_adddup2(&actions, 2, 1);
    if (fault == 0) fault = posix_spawn_file_actions_adddup2(&actions, socket, 3);
    if (fault == 0) fault = posix_spawn_file_actions_addclosefrom_np(&actions, 4);
    if (fault == 0) fault = posix_spawn(&child, program, &actions, &attributes, arguments, variables);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return fault == 0 ? child : -fault;
}
