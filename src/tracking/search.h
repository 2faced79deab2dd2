#pragma once
/// @file tracking/search.h  Finds refusals and the stories of messages in the daily files.
///
/// Works while others write, and while nobody runs. Threads: any; blocks on the disk.
#include "base/error.h"
#include "tracking/record.h"
#include "tracking/rejection.h"

#include "base/files.h"

#include <functional>

namespace imc::tracking {

/// An address as it is searched for: whole, "@domain", or a part before the "@" alone; letter case
/// does not matter. Empty: any.
bool address_fits(std::string_view wanted, std::string_view address);

struct RejectFilter {
    std::string recipient, sender;  ///< as address_fits() reads them; sender "<>": reports
    std::string code;               ///< as parse_code() gives it
    std::string rule = {};          ///< part of its name, letter case ignored
    std::function<bool(const std::string& address)> peer;  ///< empty: any
    std::optional<WallTime> since, until;
    std::size_t last = 0;                                  ///< the newest N; 0: all
    std::function<bool(const Rejection&)> also = nullptr;  ///< what else it must be; empty: nothing
    bool matches(const Rejection& rejection) const;
};

struct RejectionsFound {
    std::vector<Rejection> rejections;  ///< oldest first
    std::size_t broken_lines = 0;
    bool any_file = false;
};

/// Error 3016's file cannot be read: the folder or a file of it is there, and not ours to read.
Result<RejectionsFound> find_rejections(FileSystem& files, const std::string& folder,
                                        const RejectFilter& filter);

struct StoryFilter {
    std::string id, message_id;            ///< message id with or without <>
    std::string sender, recipient;         ///< as address_fits() reads them
    std::optional<WallTime> since, until;  ///< of some record of the story
    std::size_t most = 0;                  ///< messages; 0: however many
    bool matches(const Record& record) const;
};

struct StoriesFound {
    std::vector<Record> records;  ///< of one message after the other, each oldest first
    std::size_t broken_lines = 0;
    bool any_file = false;
    bool too_many = false;  ///< more than `most` match: here are those that did so last
    std::string index_trouble =
        {};  ///< why the index was not used; empty: it was, or there is none
};

/// All records of the messages of which some record matches, and of the reports they caused. The
/// index (tracking/index.h) is used where there is one.
Result<StoriesFound> find_stories(FileSystem& files, const std::string& folder,
                                  const StoryFilter& filter);

}  // namespace imc::tracking
