// Servers that wait in other ways than in a call that returns when somebody comes.
#include "net.h"

static void time_limit(void)
{
    struct pollfd fds[2] = {{.fd = listener(), .events = POLLIN}, {.fd = -1, .events = POLLIN}};
    for (;;) {
        if (poll(fds, 2, 50) == 0)
            continue;
        if (fds[0].revents)
            fds[1].fd = accept(fds[0].fd, NULL, NULL);
        if (fds[1].fd >= 0 && fds[1].revents) {
            char buf[100];
            ssize_t n = read(fds[1].fd, buf, sizeof buf);
            if (n > 0 && write(fds[1].fd, buf, n) == n)
                continue;
            close(fds[1].fd);
            fds[1] = (struct pollfd){.fd = -1, .events = POLLIN};
        }
    }
}

static void asks_again_and_again(void)
{
    int s = listener(), c;
    fcntl(s, F_SETFL, O_NONBLOCK);
    while ((c = accept(s, NULL, NULL)) < 0)
        continue;
    fcntl(c, F_SETFL, 0);
    echo(c);
}

static void asks_and_sleeps(void)
{
    int s = listener(), c;
    fcntl(s, F_SETFL, O_NONBLOCK);
    while ((c = accept(s, NULL, NULL)) < 0)
        usleep(1000);
    fcntl(c, F_SETFL, 0);
    echo(c);
}

static void only_sleeps(void)
{
    for (;;)
        usleep(1000);
}

// SIGCHLD comes while it sleeps, and nobody wants to know.
static void interrupted_sleep(void)
{
    int c = accept(listener(), NULL, NULL);
    if (fork() == 0) {
        close(c);
        exit(0);
    }
    usleep(300000);
    if (write(c, "slept\n", 6) < 6)
        exit(1);
}

static void timer(void)
{
    struct itimerspec soon = {.it_value = {.tv_nsec = 50000000}};
    unsigned long long times;
    int s = listener(), t = timerfd_create(CLOCK_MONOTONIC, 0);
    timerfd_settime(t, 0, &soon, NULL);
    if (read(t, &times, sizeof times) < 0)
        exit(1);
    echo(accept(s, NULL, NULL));
}

// Of ten bytes six come.
static void time_limit_of_a_socket(void)
{
    struct timeval limit = {.tv_usec = 50000};
    char buf[10];
    int c = accept(listener(), NULL, NULL);
    setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ssize_t n = recv(c, buf, sizeof buf, MSG_WAITALL);
    if (n < 0 || send(c, buf, n, 0) < n)
        perror("echo");
}

static void on_alarm(int signal)
{
    (void)signal;
}

// The alarm can't come before it is waited for, and the second time there is none any more.
static void alarm_clock(void)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval soon = {.it_value = {.tv_usec = 50000}};
    struct pollfd client = {.events = POLLIN};
    sigset_t alarm, none;
    sigaction(SIGALRM, &action, NULL);
    sigemptyset(&none);
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    sigprocmask(SIG_BLOCK, &alarm, NULL);
    client.fd = accept(listener(), NULL, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    for (;;)
        if (ppoll(&client, 1, NULL, &none) < 0)
            perror("ppoll");
}

// One that works, one that makes calls of the runtime only, and one that prints, for ever.
static void works(void)
{
    for (volatile int i = 0;; i++)
        continue;
}

static void calls(void)
{
    for (;;)
        syscall(SYS_getpid);
}

static void prints(void)
{
    char line[65536];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    for (;;)
        puts(line);
}

int main(int argc, char **argv)
{
    static const struct way ways[] = {
        {"time_limit", time_limit},
        {"asks_again_and_again", asks_again_and_again},
        {"asks_and_sleeps", asks_and_sleeps},
        {"only_sleeps", only_sleeps},
        {"interrupted_sleep", interrupted_sleep},
        {"timer", timer},
        {"time_limit_of_a_socket", time_limit_of_a_socket},
        {"alarm_clock", alarm_clock},
        {"works", works},
        {"calls", calls},
        {"prints", prints},
        {NULL, NULL},
    };
    return behave(ways, argc, argv);
}
