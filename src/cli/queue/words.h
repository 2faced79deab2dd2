#pragma once
/// @file cli/queue/words.h  What the commands of `imc queue` share: options, pages, ids.
#include "cli/command.h"
#include "queue/selection.h"

#include <boost/json/object.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>

namespace imc::cli {

inline constexpr std::chrono::seconds patience_with_queue{60};

struct QueueWords {
    std::vector<std::string> ids;
    std::map<std::string, std::string> selection;  ///< by name of queue::selector_words()
    std::string by, until, period, text, to, file;
    bool all = false, dry_run = false, now = false, normal = false, deleted = false, hold = false;
};
using QueueWordsPtr = std::shared_ptr<QueueWords>;

/// Adds the options of queue::selector_words() but "deleted".
void add_selectors(CLI::App* command, const QueueWordsPtr& words);
void add_ids(CLI::App* command, const QueueWordsPtr& words);

/// Names and values as queue::parse_selector() takes them.
queue::Words words_of(const QueueWords& words);
/// Refuses with 2 what is no selector. @return whether it is one
bool check_selector(Context& context, const QueueWords& words);

/// Adds retry, hold, release, reroute, expire, bounce, delete, undelete.
void add_queue_actions(CLI::App& queue, Context& context, const QueueWordsPtr& words);

/// What changes something needs the service: says so when it does not run.
Error to_mend(const Error& error);

/// Adds import.
void add_queue_import(CLI::App& queue, Context& context, const QueueWordsPtr& words);

/// Adds export and views.
void add_queue_export(CLI::App& queue, Context& context, const QueueWordsPtr& words);

}  // namespace imc::cli
