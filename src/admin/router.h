#pragma once
/// @file admin/router.h  Which handler answers which path, and what it needs.
///
/// Threads: filled before the first find(), then any.
#include "admin/server.h"

namespace imc::admin {

struct Route {
    std::string method;
    std::string pattern;
    std::vector<std::string> parts;
    Handler handler;
    Access access;
};

class Router {
public:
    void add(std::string method, std::string pattern, Handler handler, Access access);

    /// The first that fits; its parameters are put into `in`. HEAD is asked as GET.
    const Route* find(Request& in) const;
    /// By which methods the path may be asked, as the field Allow says it: "GET, HEAD, POST".
    /// Empty: there is no such path.
    std::string methods_at(const Request& in) const;

private:
    std::vector<Route> routes_;
};

/// Whether it shows nothing of the mail of other domains, to a help desk that is for one: tracking,
/// rejects and explain, which ask Caller::sees(), and what is of nobody's mail.
bool is_for_one_domain(std::string_view pattern);

/// Resources, as the first word of their path below /api/v1, whose list or object this caller may
/// ask for: pages offer nothing else. Not those that only administrators have.
std::vector<std::string_view> resources_of(const Caller& caller);

/// "/api/v1/queue?x=a+b" into path and query.
void take_target(std::string_view target, Request& into);

/// What the router says of a request that changes something and has no better words for it. What
/// looks like a secret is left out, and a body that is long.
Change change_of(const Request& in, const std::string& pattern);

}  // namespace imc::admin
