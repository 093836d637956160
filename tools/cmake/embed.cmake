# cmake -DINPUT=file -DOUTPUT=file.cc -DFUNCTION=Name -DHEADER=header.h -DNAMESPACE=a::b
#       -P embed.cmake
#
# Writes a C++ source with a function that returns the file's bytes.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
file(WRITE ${OUTPUT} "#include \"${HEADER}\"
namespace {
constexpr char k${FUNCTION}Bytes[] = {
${bytes}
};
}
namespace ${NAMESPACE} {
std::string_view ${FUNCTION}() { return {k${FUNCTION}Bytes, sizeof k${FUNCTION}Bytes}; }
}
")
