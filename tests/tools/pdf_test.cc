#include "tools/ocsctl/pdf.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocs::tools {
namespace {

// A program of that name in a folder of its own, which PATH is for as long as this lives.
class Program final {
 public:
  explicit Program(const std::string& text) {
    const std::string path = folder_.Path(kPdfProgram);
    if (!text.empty()) {
      std::ofstream(path) << "#!/bin/sh\n" << text;
      ::chmod(path.c_str(), 0755);
    }
    before_ = ::getenv("PATH");
    ::setenv("PATH", folder_.path().c_str(), 1);
  }
  ~Program() { ::setenv("PATH", before_.c_str(), 1); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  std::string Path(const std::string& name) const { return folder_.Path(name); }

 private:
  ocs::testing::TempDir folder_;
  std::string before_;
};

std::string TextOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST_CASE("the page goes to the program, and the file has its name when that was well",
          "[tools][unit]") {
  // What it is asked to do: quietly, from standard input, to the file.
  const Program program("[ \"$1 $2\" = '--quiet -' ] && /bin/cat > \"$3\"\n");
  const std::string page(1'000'000, 'x');
  REQUIRE(WritePdf(page, program.Path("bill.pdf")).ok());
  CHECK(TextOf(program.Path("bill.pdf")) == page);
  CHECK_FALSE(std::filesystem::exists(program.Path("bill.pdf.part")));
}

TEST_CASE("without the program, or when it fails, nothing is left and it is said what to do",
          "[tools][unit]") {
  {
    const Program none("");
    const absl::Status status = WritePdf("page", none.Path("bill.pdf"));
    CHECK(absl::IsFailedPrecondition(status));
    CHECK(status.ToString().find("apt-get install weasyprint") != std::string::npos);
  }
  const Program failing("/bin/head -c 1 > \"$3\"; exit 1\n");
  const std::string page(1'000'000, 'x');  // More than a pipe holds: it ends while we write.
  CHECK(absl::IsUnavailable(WritePdf(page, failing.Path("bill.pdf"))));
  CHECK_FALSE(std::filesystem::exists(failing.Path("bill.pdf")));
  CHECK_FALSE(std::filesystem::exists(failing.Path("bill.pdf.part")));
}

}  // namespace
}  // namespace ocs::tools
