// Servers that are more than one process or thread, or die, or stand still.
#include "net.h"

static int s;

static void *serve(void *arg)
{
    int c = accept(s, NULL, NULL);
    echo(c);
    exit(3);
    return arg;
}

static void *idle(void *arg)
{
    pause();
    return arg;
}

// Its first thread ends before the others, and one of these ends them all.
static void threads(void)
{
    pthread_t thread;
    s = listener();
    pthread_create(&thread, NULL, idle, NULL);
    pthread_create(&thread, NULL, serve, NULL);
    syscall(SYS_exit, 0);
}

static void *crash(void *arg)
{
    char buf[10];
    int c = accept(s, NULL, NULL);
    if (read(c, buf, sizeof buf) > 0)
        *(volatile int *)arg = 1;
    return arg;
}

static void crashing_thread(void)
{
    pthread_t thread;
    s = listener();
    pthread_create(&thread, NULL, idle, NULL);
    pthread_create(&thread, NULL, crash, NULL);
    pthread_join(thread, NULL);
}

static void *become_another(void *arg)
{
    execl("/bin/echo", "echo", "another", (char *)NULL);
    return arg;
}

static void exec_of_a_thread(void)
{
    pthread_t thread;
    s = listener();
    pthread_create(&thread, NULL, idle, NULL);
    pthread_create(&thread, NULL, become_another, NULL);
    pthread_join(thread, NULL);
}

// It has had no socket yet, so that of a shell nothing is to be seen.
static void shell(void)
{
    char line[100] = "";
    FILE *date = popen("echo from a pipe", "r");
    if (system("true") != 0 || fgets(line, sizeof line, date) == NULL)
        exit(1);
    pclose(date);
    s = listener();
    printf("%s", line);
    echo(accept(s, NULL, NULL));
}

// A child that becomes another program, and ends as that.
static void child_that_becomes_another(void)
{
    s = listener();
    int c = accept(s, NULL, NULL);
    if (fork() == 0) {
        dup2(c, 1);
        execl("/bin/echo", "echo", "another", (char *)NULL);
    }
    wait(NULL);
}

// Signals that have no names: one of real time, and the one by which the C library ends a thread.
static void on_signal(int signal)
{
    (void)signal;
}

static void nameless_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    pthread_t thread;
    s = listener();
    sigaction(SIGRTMIN + 1, &action, NULL);
    raise(SIGRTMIN + 1);
    pthread_create(&thread, NULL, idle, NULL);
    pthread_cancel(thread);
    pthread_join(thread, NULL);
    echo(accept(s, NULL, NULL));
}

static void untraced(void)
{
    listener();
    syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, NULL, NULL, NULL, NULL);
    pause();
}

static void crashes(void)
{
    s = listener();
    accept(s, NULL, NULL);
    puts("so far");
    abort();
}

// A child that stops itself, and goes on when its parent wants.
static void stops(void)
{
    int status;
    s = listener();
    int c = accept(s, NULL, NULL);
    pid_t child = fork();
    if (child == 0) {
        raise(SIGSTOP);
        if (write(c, "went on\n", 8) < 8)
            exit(1);
        exit(0);
    }
    waitpid(child, &status, WUNTRACED);
    kill(child, SIGCONT);
    waitpid(child, &status, 0);
}

// Nobody is its parent, it has another name and no terminal, and it stays.
static void goes_into_the_background(void)
{
    if (fork() > 0)
        exit(0);
    setsid();
    if (fork() > 0)
        exit(0);
    prctl(PR_SET_NAME, ")) S 1 2");
    s = listener();
    for (;;)
        echo(accept(s, NULL, NULL));
}

static void more_and_more(void)
{
    for (;;)
        fork();
}

int main(int argc, char **argv)
{
    static const struct way ways[] = {
        {"threads", threads},
        {"crashing_thread", crashing_thread},
        {"exec_of_a_thread", exec_of_a_thread},
        {"shell", shell},
        {"crashes", crashes},
        {"stops", stops},
        {"background", goes_into_the_background},
        {"child_that_becomes_another", child_that_becomes_another},
        {"nameless_signals", nameless_signals},
        {"untraced", untraced},
        {"more_and_more", more_and_more},
        {NULL, NULL},
    };
    return behave(ways, argc, argv);
}
