// kill_at N COMMAND...: runs COMMAND and kills it with SIGKILL at its N-th system call of those
// that change a file or send something, before the call is made. N = 0: at none. Ends with 137 when
// it killed, else as COMMAND did. KILL_AT_TELLS names a file that gets how many calls there were,
// and which one was the last.
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

struct Watched {
    long number;
    const char* name;
};

const Watched calls[] = {
    {SYS_write, "write"},         {SYS_writev, "writev"},       {SYS_pwrite64, "pwrite"},
    {SYS_pwritev, "pwritev"},     {SYS_pwritev2, "pwritev2"},   {SYS_fsync, "fsync"},
    {SYS_fdatasync, "fdatasync"}, {SYS_ftruncate, "ftruncate"}, {SYS_fallocate, "fallocate"},
    {SYS_mkdirat, "mkdirat"},     {SYS_unlinkat, "unlinkat"},   {SYS_renameat, "renameat"},
    {SYS_renameat2, "renameat2"}, {SYS_linkat, "linkat"},       {SYS_sendto, "sendto"},
    {SYS_sendmsg, "sendmsg"},     {SYS_msync, "msync"},
#ifdef SYS_open
    {SYS_mkdir, "mkdir"},         {SYS_unlink, "unlink"},       {SYS_rename, "rename"},
    {SYS_link, "link"},
#endif
};
constexpr unsigned call_count = sizeof calls / sizeof *calls, opened = call_count;

/// Only the calls of the list stop the program; all others run at full speed.
void watch_calls()
{
    sock_filter code[call_count * 2 + 8];
    size_t n = 0;
    code[n++] = sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
    for (size_t i = 0; i < call_count; ++i) {
        code[n++] = sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                         static_cast<unsigned>(calls[i].number), 0, 1);
        code[n++] =
            sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | static_cast<unsigned>(i));
    }
    // openat: only when it may make or cut off a file.
    const unsigned flags = offsetof(seccomp_data, args) + 2 * sizeof(__u64);
    code[n++] = sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3);
    code[n++] = sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, flags);
    code[n++] = sock_filter BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_CREAT | O_TRUNC, 0, 1);
    code[n++] = sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | opened);
    code[n++] = sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const sock_fprog program = {static_cast<unsigned short>(n), code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        perror("kill_at: seccomp");
        _exit(125);
    }
}

pid_t child;

void pass_on(int signal) { kill(child, signal); }

}  // namespace

int main(int argc, char** argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: kill_at N COMMAND...\n");
        return 2;
    }
    const long limit = strtol(argv[1], nullptr, 10);
    child = fork();
    if (child < 0) return 125;
    if (child == 0) {
        raise(SIGSTOP);
        watch_calls();
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    int status = 0;
    waitpid(child, &status, WUNTRACED);
    const long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                         PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SEIZE, child, nullptr, options) != 0) {
        perror("kill_at: ptrace");
        kill(child, SIGKILL);
        return 125;
    }
    kill(child, SIGCONT);
    std::signal(SIGTERM, pass_on);
    long count = 0;
    const char* last = "";
    int result = 125;
    for (;;) {
        const pid_t who = waitpid(-1, &status, __WALL);
        if (who < 0 && errno == EINTR) continue;
        if (who < 0) break;
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            if (who != child) continue;
            result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            break;
        }
        const int event = status >> 16;
        int pass = 0;
        if (event == PTRACE_EVENT_SECCOMP) {
            unsigned long index = 0;
            ptrace(PTRACE_GETEVENTMSG, who, nullptr, &index);
            last = index < call_count ? calls[index].name : "openat";
            if (++count == limit) kill(child, SIGKILL);
        } else if (event == 0 && WSTOPSIG(status) != SIGTRAP) {
            pass = WSTOPSIG(status);
        } else if (event == PTRACE_EVENT_STOP &&
                   (WSTOPSIG(status) == SIGSTOP || WSTOPSIG(status) == SIGTSTP)) {
            ptrace(PTRACE_LISTEN, who, nullptr, nullptr);
            continue;
        }
        ptrace(PTRACE_CONT, who, nullptr, reinterpret_cast<void*>(static_cast<long>(pass)));
    }
    const char* const tells = getenv("KILL_AT_TELLS");
    FILE* const out = tells != nullptr ? fopen(tells, "w") : nullptr;
    if (out != nullptr) {
        fprintf(out, "%ld %s\n", count, last);
        fclose(out);
    }
    return result;
}
