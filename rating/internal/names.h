// What a rule may name: known once the sections before the rules have been read.

#ifndef RATING_INTERNAL_NAMES_H_
#define RATING_INTERNAL_NAMES_H_

#include <map>
#include <set>
#include <string>

namespace ocs::rating::internal {

struct Names {
  std::set<std::string> models;
  std::map<std::string, std::string> aliases;  ///< Alias to the id of its model.
  std::set<std::string> families;
  std::set<std::string> classes;
  std::set<std::string> providers;
  std::set<std::string> units;
  std::set<std::string> calendars;
  std::set<std::string> taxes;
  std::string zone;  ///< Of the catalogue, for times that name none.
};

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_NAMES_H_
