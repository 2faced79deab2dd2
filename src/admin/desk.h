#pragma once
/// @file admin/desk.h  How resources of the Administrator are answered: away from the threads that
/// serve mail, with each change noted before it is made.
///
/// A handler is plain blocking code. A change is prepared first, which changes nothing: what it
/// would do, and the way back. Then it is noted in the audit log, then carried out.
///
/// Errors:  40402 (the request cannot be understood)
/// Threads: handlers run on the pool, several at once.
#include "admin/server.h"
#include "base/paths.h"
#include "base/time.h"

#include <boost/asio/thread_pool.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <atomic>

namespace imc::admin {

struct Prepared {
    Response answer = {};  ///< when there is nothing to carry out: refused, or a dry run
    Change note = {};
    std::function<Response()> carry_out = nullptr;
};

/// Work that takes long and is done one after the other, apart from the rest.
struct Turns {
    explicit Turns(boost::asio::thread_pool& p) : pool{p} {}
    boost::asio::thread_pool& pool;  ///< of one thread
    std::atomic<std::size_t> taken{0};
};

class Desk {
public:
    using Read = std::function<Response(const Request&)>;
    using Prepare = std::function<Prepared(const Request&)>;

    /// The pools outlive the server.
    /// @param turns  where in_turn() works; null: as the rest
    Desk(Server& server, boost::asio::thread_pool& pool, Paths paths,
         std::shared_ptr<Turns> turns = nullptr)
        : server_{server}, pool_{pool}, paths_{std::move(paths)}, turns_{std::move(turns)}
    {}

    /// For what takes long: when 16 are there already, who asks is told to come again (503).
    Desk in_turn() const;

    void read(const std::string& pattern, Read work, Role role = Role::view);
    /// POST, and changes nothing: what is asked needs a body.
    void ask(const std::string& pattern, Read work, Role role = Role::view);
    void change(const std::string& method, const std::string& pattern, Prepare work,
                Role role = Role::administrator);
    const Paths& paths() const { return paths_; }

private:
    Server& server_;
    boost::asio::thread_pool& pool_;
    Paths paths_;
    std::shared_ptr<Turns> turns_;
    std::shared_ptr<Turns> bound_ = nullptr;  ///< who works here takes one of them
};

/// A handler that blocks, for routes that are added elsewhere.
Handler on_pool(boost::asio::thread_pool& pool, Desk::Read work);

/// How long one question to the directory may take here.
constexpr std::chrono::seconds desk_patience{30};

/// With the status that fits: 404 no such object, 409 it was there already or has moved on, 503 who
/// should know cannot be asked, 500 this host's own trouble, else 400.
Response refused(const Error& error);
/// 40402: what of the request cannot be understood.
Error bad_request(std::string detail);
Response bad(std::string detail);

/// Fields of a JSON body. What has the wrong type reads as absent; flaw() tells of the first.
class Body {
public:
    explicit Body(const Request& request);
    bool has(const char* name) const;
    std::string text(const char* name);
    std::vector<std::string> texts(const char* name);  ///< one text alone, too
    std::optional<std::uint64_t> number(const char* name);
    bool flag(const char* name);
    const boost::json::value* find(const char* name) const;
    Result<> flaw() const;

private:
    void wrong(const char* name, const char* expected);
    const boost::json::object* object_ = nullptr;
    std::string flaw_;
};

/// `after` and `limit` of a list; a cursor says how many were given before and, against lists that
/// grow at their head, which record was the last.
struct PageAsked {
    std::size_t limit = 100;
    std::string after;
};
Result<PageAsked> page_asked(const Request& request);

/// since= or until=. Nothing when it was not given.
Result<std::optional<WallTime>> time_asked(const Request& request, const char* name);

/// Collects JSON Lines.
class Lines {
public:
    void add(const boost::json::object& line);
    Response answer(const std::string& next = {})
    {
        return Response::lines(std::move(text_), next);
    }

private:
    std::string text_;
};

boost::json::array to_array(std::span<const std::string> texts);

/// What of the way back can be done over the API, newest change first: POST /undo takes it.
struct UndoStep {
    std::string kind;  ///< "directory": a file of backup/; "registry": a copy there
    std::string name;
};
boost::json::value to_json(const std::vector<UndoStep>& steps);  ///< null when there is none
Result<std::vector<UndoStep>> undo_steps(const boost::json::value& value);
/// Of a command as apply_with_undo() and registry::update() make them, joined by " && ". Nothing
/// when a part of it is something else.
std::vector<UndoStep> steps_of(const std::string& command, const Paths& paths);

/// {"done":...,"undo":...,"undo_by":[...],"dry_run":false}
boost::json::object change_answer(const std::string& done, const std::string& undo,
                                  const Paths& paths);
/// "would be changed: ..." of a dry run.
boost::json::object dry_answer(const std::string& would);

}  // namespace imc::admin
