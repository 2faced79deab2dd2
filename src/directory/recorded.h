#pragma once
/// @file directory/recorded.h  What a directory answered, kept to be asked again.
///
/// A configuration is proved by questions to the directory. A Recorder stands between and keeps
/// every object that was answered; recorded_directory() answers the same questions from them, so
/// that the last good generation is judged by the very code that judges the directory itself.
/// silent_directory() is one that cannot say anything: recipients are deferred, never refused.
///
/// Secrets: values of userPassword are not kept.
/// Threads: a Recorder is used by one thread; the directories by any.
#include "directory/directory.h"

#include <memory>

namespace imc {

class Recorder final : public Directory {
public:
    explicit Recorder(std::shared_ptr<Directory> asked) : asked_{std::move(asked)} {}

    std::string description() const override { return asked_->description(); }
    bool is_local() const override { return asked_->is_local(); }
    Answer<Entry> read(const Dn& dn, Deadline deadline) override;
    Result<std::vector<Entry>> search(const Dn& base, Scope scope, std::string_view filter,
                                      Deadline deadline, std::size_t limit = 10'000) override;
    Result<> scan(const Dn& base, std::string_view filter, Deadline deadline,
                  const Take& take) override;
    Result<> apply(std::span<const Change> changes, Deadline deadline) override;
    Result<std::uint64_t> revision(Deadline deadline) override;
    std::uint64_t old_answers() const override { return asked_->old_answers(); }

    /// Every object answered so far, once, by name.
    std::vector<Entry> entries() const;

private:
    void keep(const Entry& entry);

    std::shared_ptr<Directory> asked_;
    std::map<std::string, Entry> kept_;
};

/// Read only. What is not among `entries` is absent.
std::unique_ptr<Directory> recorded_directory(std::vector<Entry> entries, std::string description);

/// Every question is answered with `why`.
std::unique_ptr<Directory> silent_directory(std::string description, Error why);

}  // namespace imc
