// The dynamic loader and exec.
//
// dlopen and dlsym look at their return address to know which library asks, so those hooks jump to the real function and
// are not on its stack. What dlopen brought is looked at when its caller goes on: at the thread's next event with the stack above that call.
#include "hooks.h"

__attribute__((used, visibility("hidden"))) void *jump_dlopen(u64 file, u64 flags, u64 sp)
{
    (void)file, (void)flags;
    struct thread *self = mode_now() != MODE_OFF ? thread_enter() : NULL;
    if (self) {
        self->dlopen_sp = sp;
        thread_leave(self);
    }
    return real(HOOK_dlopen);
}

__attribute__((used, visibility("hidden"))) void *jump_dlmopen(u64 space, u64 file, u64 sp)
{
    jump_dlopen(space, file, sp);
    return real(HOOK_dlmopen);
}

// The code of a library that dlopen brought on this thread is there once the stack is back above that call.
void patch_after_dlopen(struct thread *self, u64 sp)
{
    if (sp < self->dlopen_sp)
        return;
    self->dlopen_sp = 0;
    if (!g_agent.launched)
        patch_new_modules();
}

static void *give_hook(void)
{
    struct thread *self = t_self;
    return self->handed_out;
}

// Where the real dlsym gives a watched function, its hook is given. RTLD_NEXT is asked by those who wrap the function themselves: it is theirs.
__attribute__((used, visibility("hidden"))) void *jump_dlsym(u64 handle, u64 name, u64 sp)
{
    void *(*real_dlsym)(void *, const char *) = real(HOOK_dlsym);
    void *behind;
    struct thread *self = mode_now() != MODE_OFF && name && handle != ~0ul ? thread_enter() : NULL;
    if (!self)
        return real_dlsym;
    if (self->dlopen_sp)
        patch_after_dlopen(self, sp);
    self->handed_out = hook_for_name((const char *)name, &behind);
    thread_leave(self);
    if (!self->handed_out)
        return real_dlsym;
    void *found = real_dlsym((void *)handle, (const char *)name);
    return found && (found == behind || found == self->handed_out) ? (void *)give_hook : (void *)real_dlsym;
}

int hook_dlclose(void *handle)
{
    int result = ((int (*)(void *))real(HOOK_dlclose))(handle);
    if (mode_now() != MODE_OFF) {
        modules_closed();
        patches_forget_closed();
    }
    return result;
}
DEFINE(dlclose);

// ---- exec: the same process as another program ----

typedef char **arguments;

#define AROUND_EXEC(call)                     \
    mode_now();                               \
    int result = call;                        \
    agent_after_exec();                       \
    return result

int hook_execve(const char *path, arguments args, arguments env)
{
    AROUND_EXEC(((int (*)(const char *, arguments, arguments))real(HOOK_execve))(path, args, agent_before_exec(env)));
}
DEFINE(execve);

int hook_execvpe(const char *file, arguments args, arguments env)
{
    AROUND_EXEC(((int (*)(const char *, arguments, arguments))real(HOOK_execvpe))(file, args, agent_before_exec(env)));
}
DEFINE(execvpe);

int hook_fexecve(int fd, arguments args, arguments env)
{
    AROUND_EXEC(((int (*)(int, arguments, arguments))real(HOOK_fexecve))(fd, args, agent_before_exec(env)));
}
DEFINE(fexecve);

int hook_execveat(int fd, const char *path, arguments args, arguments env, int flags)
{
    AROUND_EXEC(((int (*)(int, const char *, arguments, arguments, int))real(HOOK_execveat))(fd, path, args, agent_before_exec(env), flags));
}
DEFINE(execveat);

int hook_execv(const char *path, arguments args)
{
    AROUND_EXEC(((int (*)(const char *, arguments, arguments))real(HOOK_execve))(path, args, agent_before_exec(elf_environment())));
}
DEFINE(execv);

int hook_execvp(const char *file, arguments args)
{
    AROUND_EXEC(((int (*)(const char *, arguments, arguments))real(HOOK_execvpe))(file, args, agent_before_exec(elf_environment())));
}
DEFINE(execvp);

// Those with a list of arguments take the program's environment, which gets our entries for good: should exec fail, nothing else is different.
static void *prepare_exec(enum hook hook)
{
    mode_now();
    elf_set_environment(agent_before_exec(elf_environment()));
    return real(hook);
}

__attribute__((used, visibility("hidden"))) void *jump_execl(void) { return prepare_exec(HOOK_execl); }
__attribute__((used, visibility("hidden"))) void *jump_execlp(void) { return prepare_exec(HOOK_execlp); }

TAIL_JUMP(hook_dlopen, jump_dlopen);
TAIL_JUMP(hook_dlmopen, jump_dlmopen);
TAIL_JUMP(hook_dlsym, jump_dlsym);
TAIL_JUMP(hook_execl, jump_execl);
TAIL_JUMP(hook_execlp, jump_execlp);
DEFINE(dlopen);
DEFINE(dlmopen);
DEFINE(dlsym);
DEFINE(execl);
DEFINE(execlp);

// ---- an end that no destructor sees ----

#define DEFINE_Exit(name)                                        \
    __attribute__((noreturn)) void hook_##name(int code)         \
    {                                                            \
        agent_before_exit();                                     \
        ((void (*)(int))real(HOOK_##name))(code);                \
        __builtin_unreachable();                                 \
    }                                                            \
    DEFINE(name);

#define X(name, kind) DEFINE_##kind(name)
END_NAMES(X)
