#include "app/service/privileges.h"

#include "event/change_note.h"

#include <boost/system/error_code.hpp>

#include <array>
#include <cerrno>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace imc::app {
namespace {

constexpr const char* service_user = "imc";

Error refused(const char* what)
{
    return Error{EventId::privileges_kept,
                 std::string{what} + ": " +
                     boost::system::error_code{errno, boost::system::system_category()}.message()};
}

/// CAP_NET_BIND_SERVICE and nothing else: a new listener may want port 25 while we run.
bool keep_one_capability()
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> data{};
    data[0].effective = data[0].permitted = 1U << CAP_NET_BIND_SERVICE;
    return ::syscall(SYS_capset, &header, data.data()) == 0;
}

}  // namespace

Result<> drop_privileges(const Paths& paths)
{
    if (::geteuid() != 0 || !paths.is_installed()) return {};
    const passwd* const user = ::getpwnam(service_user);
    if (user == nullptr)
        return Error{EventId::privileges_kept,
                     "there is no user imc; make it: useradd --system --home-dir /var/lib/imc "
                     "--shell /usr/sbin/nologin imc"};
    const auto uid = user->pw_uid;
    const auto gid = user->pw_gid;
    (void)this_user();  // who asks, before we are somebody else
    if (::prctl(PR_SET_KEEPCAPS, 1) != 0) return refused("PR_SET_KEEPCAPS");
    if (::initgroups(service_user, gid) != 0 || ::setresgid(gid, gid, gid) != 0 ||
        ::setresuid(uid, uid, uid) != 0)
        return refused("becoming user imc");
    if (!keep_one_capability()) return refused("dropping capabilities");
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("PR_SET_NO_NEW_PRIVS");
    return {};
}

}  // namespace imc::app
