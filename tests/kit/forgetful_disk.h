#pragma once
/// @file tests/kit/forgetful_disk.h  What a disk keeps of files and folders when the power goes.
///
/// Of each sector written since the last sync some version stays, perhaps torn; of each new,
/// renamed or removed name it is open whether that was kept.
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace imc::kit {

class ForgetfulFile {
public:
    std::string current;
    std::string durable;

    void write(std::uint64_t offset, std::string octets)
    {
        place(current, offset, octets);
        pending_.push_back({offset, std::move(octets)});
    }

    void sync()
    {
        for (const auto& write : pending_)
            place(durable, write.offset, write.octets);
        pending_.clear();
    }

    void truncate(std::uint64_t size)
    {
        for (auto* content : {&current, &durable})
            content->resize(static_cast<std::size_t>(size));
        pending_.clear();
    }

    /// Of what was written since the last sync, each sector reaches the disk by itself, in some
    /// version, perhaps torn.
    void settle(std::mt19937_64& random)
    {
        std::map<std::uint64_t, std::vector<std::size_t>> sectors;  // which writes touch each
        for (std::size_t i = 0; i < pending_.size(); ++i) {
            const auto& write = pending_[i];
            if (write.octets.empty()) continue;
            const auto last = (write.offset + write.octets.size() - 1) / sector_octets;
            for (auto sector = write.offset / sector_octets; sector <= last; ++sector)
                sectors[sector].push_back(i);
        }
        // All, nothing and the first part are what really happens most.
        const auto habit = random() % 4;
        const auto some = random() % (sectors.size() + 1);
        std::uint64_t serial = 0;
        for (const auto& [sector, writes] : sectors) {
            const bool kept =
                habit == 0 || (habit == 2 && serial < some) || (habit == 3 && random() % 2 == 0);
            if (kept) keep_sector(sector, writes, habit == 0, random);
            ++serial;
        }
        pending_.clear();
    }

private:
    static constexpr std::uint64_t sector_octets = 512;

    struct Write {
        std::uint64_t offset;
        std::string octets;
    };

    static void place(std::string& content, std::uint64_t offset, std::string_view octets)
    {
        const auto at = static_cast<std::size_t>(offset);
        if (octets.empty()) return;
        if (content.size() < at + octets.size()) content.resize(at + octets.size());
        octets.copy(content.data() + at, octets.size());
    }

    void keep_sector(std::uint64_t sector, const std::vector<std::size_t>& writes, bool whole,
                     std::mt19937_64& random)
    {
        const auto count = whole ? writes.size() : 1 + random() % writes.size();
        const auto begin = sector * sector_octets;
        for (std::size_t i = 0; i < count; ++i) {
            const auto& write = pending_[writes[i]];
            auto end = begin + sector_octets;
            if (!whole && i + 1 == count && random() % 3 == 0)
                end = begin + random() % (sector_octets + 1);
            const auto from = std::max(begin, write.offset);
            const auto to = std::min(end, write.offset + write.octets.size());
            if (from >= to) continue;
            const auto skip = static_cast<std::size_t>(from - write.offset);
            place(durable, from,
                  std::string_view{write.octets}.substr(skip, static_cast<std::size_t>(to - from)));
        }
    }

    std::vector<Write> pending_;  ///< since the last sync, oldest first
};

class ForgetfulFolder {
public:
    using Names = std::map<std::string, std::shared_ptr<ForgetfulFile>>;

    /// One step of a journal: a name goes, a name comes, or both.
    struct Change {
        std::string gone;
        std::string come;
        std::shared_ptr<ForgetfulFile> file;
        void apply(Names& names) const
        {
            if (!gone.empty()) names.erase(gone);
            if (!come.empty()) names[come] = file;
        }
    };

    Names current;

    void change(Change change)
    {
        change.apply(current);
        pending_.push_back(std::move(change));
    }

    void sync()
    {
        durable_ = current;
        pending_.clear();
    }

    /// A file that is there and durable, behind the backs of all.
    void put(const std::string& name, std::string content)
    {
        auto file = std::make_shared<ForgetfulFile>();
        file->current = file->durable = std::move(content);
        current[name] = file;
        durable_[name] = std::move(file);
    }

    void lose_power(std::mt19937_64& random)
    {
        for (const auto& change : pending_)
            if (random() % 2 == 0) change.apply(durable_);
        pending_.clear();
        for (const auto& [name, file] : durable_)
            file->settle(random);
        for (const auto& [name, file] : durable_)
            file->current = file->durable;
        current = durable_;
    }

private:
    Names durable_;
    std::vector<Change> pending_;
};

}  // namespace imc::kit
