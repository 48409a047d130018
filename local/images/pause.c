/* The process that holds a pod's namespaces: reaps what is left to it and waits for a signal. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void leave(int signal) { (void)signal; _exit(0); }

int main(void) {
  struct sigaction reap = {.sa_handler = SIG_IGN, .sa_flags = SA_NOCLDWAIT};
  sigaction(SIGCHLD, &reap, NULL);
  signal(SIGTERM, leave);
  signal(SIGINT, leave);
  for (;;) pause();
}
