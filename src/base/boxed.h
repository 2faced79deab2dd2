#pragma once
/// @file base/boxed.h  An optional that costs no more than a pointer while it holds nothing. For
/// what most of many thousand objects do not have.
#include <memory>
#include <optional>
#include <utility>

namespace imc {

template <class T>
class Boxed {
public:
    Boxed() = default;
    Boxed(std::nullopt_t) noexcept {}                                  // NOLINT: as optional's
    Boxed(T value) : value_{std::make_unique<T>(std::move(value))} {}  // NOLINT: as optional's
    Boxed(const Boxed& other) : value_{other ? std::make_unique<T>(*other) : nullptr} {}
    Boxed(Boxed&&) noexcept = default;
    Boxed& operator=(Boxed other) noexcept
    {
        value_ = std::move(other.value_);
        return *this;
    }
    ~Boxed() = default;

    T& emplace() { return *(value_ = std::make_unique<T>()); }
    void reset() noexcept { value_.reset(); }

    bool has_value() const noexcept { return value_ != nullptr; }
    explicit operator bool() const noexcept { return has_value(); }
    T& operator*() noexcept { return *value_; }
    const T& operator*() const noexcept { return *value_; }
    T* operator->() noexcept { return value_.get(); }
    const T* operator->() const noexcept { return value_.get(); }

private:
    std::unique_ptr<T> value_;
};

}  // namespace imc
