-- Neovim's own popup: type, choose, accept, undo. What the model offers here is sure enough for any English model that is
-- worth shipping.
local drive = dofile(vim.fs.dirname(vim.fs.abspath(arg[0])) .. "/drive.lua")
local check, session = drive.check, drive.session

session("writing.md", { "" }, {}, function(nvim, file)
  nvim.input("iThe president of the United Sta")
  local words = nvim:offered("States")
  local fit = vim.iter(words):all(function(word)
    return vim.startswith(word:lower(), "sta")
  end)
  check("a popup as the word grows", fit and #words <= 5, words)
  nvim:accept("States")
  check("the word is accepted", nvim.get_current_line() == "The president of the United States", nvim.get_current_line())

  nvim:normal()
  nvim.input("a of Ame")
  nvim:accept("America")
  nvim:normal()
  check("another one", nvim.get_current_line() == "The president of the United States of America", nvim.get_current_line())
  nvim.input("u")
  check("undo takes it back", nvim.get_current_line() == "The president of the United States", nvim.get_current_line())
  nvim.input("<C-r>")
  check("redo brings it again", nvim.get_current_line() == "The president of the United States of America", nvim.get_current_line())

  nvim.input("o<CR>He was born in the United ")
  nvim:offered("States")
  check("a popup after a space", true)
  nvim.input("<CR>next")
  nvim:normal()
  local lines = nvim.buf_get_lines(0, 0, -1, false)
  check("Enter with the popup open is a new line", lines[3] == "He was born in the United " and lines[4] == "next", lines)
  nvim.command("write")
  check("what was written is on the disk", vim.deep_equal(vim.fn.readfile(file), lines))
end)

session("characters.md", { "Das Café über 🦀🇪🇺 naïve e\204\129tudes — 日本語.", "" }, {}, function(nvim)
  nvim.input("Go🦀 The café is in the United Sta")
  nvim:accept("States")
  nvim.input(", for the first ti")
  nvim:accept("time")
  nvim:normal()
  local line = nvim.get_current_line()
  check("words after an emoji and accents", line == "🦀 The café is in the United States, for the first time", line)
  nvim.input("ggA One of the United Sta")
  nvim:accept("States")
  nvim:normal()
  line = nvim.get_current_line()
  check("words after flags and combining marks", vim.endswith(line, "日本語. One of the United States"), line)
end)

session("code.md", { "Prose.", "", "```", "the United Sta", "```", "" }, {}, function(nvim)
  local ask = [[
    local line, column = ...
    local params = { textDocument = vim.lsp.util.make_text_document_params(0), position = { line = line, character = column } }
    local reply = vim.lsp.get_clients()[1]:request_sync("textDocument/completion", params, 5000, 0)
    return vim.tbl_map(function(item) return item.label end, (reply.result or {}).items or reply.result or {})
  ]]
  local words = nvim.exec_lua(ask, { 3, 14 })
  check("nothing is offered in code", #words == 0, words)
end)

drive.finish()
