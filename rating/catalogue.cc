#include "rating/catalogue.h"

#include <utility>

#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "rating/internal/catalogue_reader.h"
#include "rating/internal/compiler.h"
#include "rating/internal/fields.h"
#include "rating/internal/yaml.h"

namespace ocs::rating {

std::string Diagnostic::ToString() const {
  return Cat(file, line == 0 ? "" : Cat(":", line), ": ", field, field.empty() ? "" : ": ",
             message);
}

CatalogueCheck ParseCatalogue(std::string_view text, std::string_view file_name) {
  internal::Reporter reporter(file_name);
  CatalogueCheck check;
  if (text.size() > kCatalogueBytesMax) {
    reporter.Add(0, "",
                 Cat("expected at most ", kCatalogueBytesMax, " bytes, found ", text.size()));
    check.diagnostics = reporter.Take();
    return check;
  }
  const internal::YamlResult yaml = internal::ReadYaml(text);
  for (const internal::YamlFault& fault : yaml.faults) reporter.Add(fault.line, "", fault.message);
  if (reporter.empty()) {
    Catalogue catalogue = internal::CatalogueReader(&reporter).Read(yaml.root);
    if (reporter.empty()) {
      // What reads well must compile: prices times factors may still not fit.
      std::vector<internal::CompileFault> faults;
      internal::CompileCatalogue(catalogue, 0, &faults);
      for (internal::CompileFault& fault : faults) {
        reporter.Add(fault.place.line, std::move(fault.place.field), std::move(fault.message));
      }
    }
    if (reporter.empty()) check.catalogue = std::move(catalogue);
  }
  check.diagnostics = reporter.Take();
  return check;
}

}  // namespace ocs::rating
