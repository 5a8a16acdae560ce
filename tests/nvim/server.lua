-- The server as a writer meets it in Neovim: :RnnLsp, :checkhealth, the statusline, help, and a server that dies.
local here = vim.fs.dirname(vim.fs.abspath(arg[0]))
local drive = dofile(here .. "/drive.lua")
local check, same = drive.check, drive.same

-- The words that the server offers at the end of a line, asked for without a popup.
local function words(nvim, line)
  return nvim:lua(
    [[
      local text = vim.api.nvim_buf_get_lines(0, ..., (...) + 1, false)[1]
      local params = { textDocument = vim.lsp.util.make_text_document_params(0), position = { line = ..., character = #text } }
      local client = vim.lsp.get_clients({ bufnr = 0, name = "rnn_lsp" })[1]
      -- With 0 for the buffer, changes that still wait would not be sent before.
      local reply = client:request_sync("textDocument/completion", params, 5000, vim.api.nvim_get_current_buf())
      return vim.tbl_map(function(item) return item.label end, reply.result.items)
    ]],
    line
  )
end

local function status(nvim)
  return nvim:lua([[return require("rnn-lsp").status()]])
end

-- Runs an Ex command and waits for the message that it ends with.
local function told(nvim, command, message)
  nvim.command("messages clear")
  nvim.command(command)
  local held, seen = pcall(drive.wait, message, function()
    local messages = nvim.exec2("messages", { output = true }).output
    return messages:find(message, 1, true) and messages
  end)
  check(command, held, held and seen or nvim.exec2("messages", { output = true }).output)
end

drive.session("commands.md", { "The president of the United Sta" }, { noisy = true }, function(nvim, file)
  same("it offers words", words(nvim, 0)[1], "States")
  same("the statusline", status(nvim), "rnn")
  for scope, where in pairs({ buffer = " buffer", filetype = " filetype", everywhere = "" }) do
    told(nvim, "RnnLsp pause" .. where, "paused (" .. scope .. ")")
    same("paused: nothing is offered", words(nvim, 0), {})
    drive.wait("the statusline tells", function()
      return status(nvim) == "rnn paused"
    end)
    told(nvim, "RnnLsp resume" .. where, "on (" .. scope .. ")")
    same("resumed", words(nvim, 0)[1], "States")
    drive.wait("the statusline tells", function()
      return status(nvim) == "rnn"
    end)
  end
  told(nvim, "RnnLsp toggle buffer", "paused (buffer)")
  told(nvim, "RnnLsp toggle buffer", "on (buffer)")
  told(nvim, "RnnLsp status", "this buffer: on")
  told(nvim, "RnnLsp", "the one compiled in")
  told(nvim, "RnnLsp show ghost", "show ghost")
  same("no popup", words(nvim, 0), {})
  told(nvim, "RnnLsp show popup", "show popup")
  same("a popup", words(nvim, 0)[1], "States")
  nvim.input("At")
  nvim:offered("States")
  same("no ghost text", (nvim:ghost()), nil)
  told(nvim, "RnnLsp show both", "show both")
  nvim.input("<BS>")
  nvim:ghosted()
  nvim:normal()
  nvim:line("as before", "The president of the United Sta")
  told(nvim, "RnnLsp show", "expected popup, ghost or both")
  told(nvim, "RnnLsp dance", "expected one of allow, forget, learn, learned, learning, pause, restart, resume, rollback, show, status, toggle, train")
  told(nvim, "RnnLsp pause here", "expected buffer, filetype or everywhere, found here")

  vim.fn.writefile({ "Once Tharbolan came in.", "", "Then Tharbolan sat down." }, drive.path("notes.md"))
  told(nvim, "RnnLsp learn " .. drive.path("notes.md"), "learned 1 file")
  told(nvim, "RnnLsp learning off", "what is saved is not learned")
  told(nvim, "RnnLsp learning on", "what is saved is learned")
  told(nvim, "RnnLsp rollback", "rnn-lsp: ")
  nvim.command("RnnLsp learned")
  local page = drive.wait("the page of what was learned", function()
    local lines = table.concat(nvim.buf_get_lines(0, 0, -1, false), "\n")
    return lines:find("Tharbolan", 1, true) and lines
  end)
  check("what was learned", page:find("notes.md", 1, true) and page:find("8 words learned from 1 file", 1, true), page)
  nvim.command("close")
  told(nvim, "RnnLsp forget word Tharbolan", "forgot 1 file, and Tharbolan is not offered any more")
  told(nvim, "RnnLsp allow Tharbolan", "Tharbolan is offered again")
  told(nvim, "RnnLsp forget", "expected buffer, path PATH, word WORD or all")

  local function completed(line)
    return nvim.call_function("getcompletion", { line, "cmdline" })
  end
  same("completion of subcommands", completed("RnnLsp re"), { "restart", "resume" })
  same("completion of scopes", completed("RnnLsp pause "), { "buffer", "everywhere", "filetype" })
  same("completion of paths", completed("RnnLsp learn " .. file), { file })

  nvim.command("checkhealth rnn-lsp")
  local health = table.concat(nvim.buf_get_lines(0, 0, -1, false), "\n")
  check("checkhealth", health:find("rnn-lsp 0.", 1, true) and health:find("serves 1 buffers", 1, true), health)
  check("it warns that no key is mapped", health:find("no key is mapped", 1, true))
  check("it finds nothing wrong", not health:find("ERROR"))
  nvim.command("bdelete")
  nvim:attached()
end)

drive.session("death.md", { "The president of the United Sta" }, { noisy = true }, function(nvim)
  local function pid()
    return nvim:lua([[
      local client = vim.lsp.get_clients({ bufnr = 0, name = "rnn_lsp" })[1]
      local children = vim.api.nvim_get_proc_children(vim.fn.getpid())
      return client and client.initialized and not client:is_stopped() and children[1] or vim.NIL
    ]])
  end
  local first = pid()
  vim.uv.kill(first, "sigkill")
  drive.wait("another server", function()
    local second = pid()
    return second ~= vim.NIL and second ~= first
  end)
  same("a server that was killed comes back", words(nvim, 0)[1], "States")
  nvim.input("A")
  nvim.input("t")
  nvim:ghosted()
  nvim:normal()

  local second = pid()
  nvim.command("RnnLsp restart")
  drive.wait("a third server", function()
    local third = pid()
    return third ~= vim.NIL and third ~= second
  end)
  nvim.input("u")
  nvim:line("undo", "The president of the United Sta")
  same("restarted on purpose", words(nvim, 0)[1], "States")

  -- One that dies again and again is left alone, and comes back when it is asked for.
  for _ = 1, 3 do
    local last = drive.wait("alive", function()
      local number = pid()
      return number ~= vim.NIL and number
    end)
    vim.uv.kill(last, "sigkill")
    drive.wait("gone", function()
      return pid() ~= last
    end)
  end
  drive.wait("given up", function()
    return nvim.exec2("messages", { output = true }).output:find("keeps ending and stays off", 1, true)
  end)
  same("it stays off", pid(), vim.NIL)
  same("the statusline is empty", status(nvim), "")
  nvim.command("RnnLsp restart")
  nvim:attached()
  same("asked for, it comes back", words(nvim, 0)[1], "States")
end)

-- What is ready to be proposed to nvim-lspconfig, in the place of ours.
local submitted = vim.fs.dirname(vim.fs.dirname(here)) .. "/editors/nvim/submit/nvim-lspconfig"
drive.session("submit.md", { "The president of the United Sta" }, {
  lua = ([[
    vim.opt.runtimepath:remove(vim.iter(vim.opt.runtimepath:get()):find(function(path) return path:find("editors/nvim", 1, true) end))
    vim.opt.runtimepath:append(%q)
  ]]):format(submitted),
}, function(nvim)
  same("it is the one that is used", nvim:lua("return vim.lsp.config.rnn_lsp.on_attach == nil"), true)
  same("it offers words", words(nvim, 0)[1], "States")
end)

drive.session("help.md", { "" }, {}, function(nvim)
  local doc = drive.path("doc")
  vim.fn.mkdir(doc)
  local manual = vim.fs.dirname(vim.fs.dirname(here)) .. "/editors/nvim/doc/rnn-lsp.txt"
  vim.uv.fs_copyfile(manual, doc .. "/rnn-lsp.txt")
  -- A tag that stands there twice is an error.
  nvim.command("helptags " .. doc)
  local tags = table.concat(vim.fn.readfile(doc .. "/tags"), "\n")
  local text = table.concat(vim.fn.readfile(manual), "\n")
  for _, name in ipairs(nvim:lua([[return require("rnn-lsp.command").names()]])) do
    check(":RnnLsp " .. name .. " is in the help", tags:find(":RnnLsp-" .. name .. "\t", 1, true))
  end
  for _, action in ipairs(nvim:lua([[return require("rnn-lsp").actions]])) do
    check(action .. " is in the help", tags:find(("<Plug>(rnn-lsp-%s)\t"):format((action:gsub("_", "-"))), 1, true))
  end
  local missing = {}
  for link in text:gmatch("|([^|%s]+)|") do
    local ours = tags:find("\n" .. link .. "\t", 1, true) or vim.startswith(tags, link .. "\t")
    if not ours and #nvim.call_function("getcompletion", { link, "help" }) == 0 then
      missing[#missing + 1] = link
    end
  end
  same("no link of the help leads nowhere", missing, {})
end)

-- Neovim 0.12 shows ghost text by itself. This Neovim does not, so the module is played: its functions as documented
-- there (runtime/doc/lsp.txt, vim.lsp.inline_completion), its answers as its source gives them.
drive.session("native.md", { "" }, {
  lua = [[
    Native = { enabled = {} }
    vim.lsp.inline_completion = {
      enable = function(on, filter) Native.enabled[filter.bufnr] = on end,
      is_enabled = function(filter) return Native.enabled[filter.bufnr] == true end,
      get = function(options)
        local item = Native.item
        if not item then return false end
        vim.schedule(function() options.on_accept(item) end)
        return true
      end,
    }
    require("rnn-lsp").map("<Tab>", "accept")
    require("rnn-lsp").map("<M-w>", "accept_word")
  ]],
}, function(nvim)
  local function item(text, column)
    nvim:lua("Native.item = { insert_text = (...), range = { start = { row = 0, col = select(2, ...) } } }", text, column)
  end
  same("it is enabled for the buffer", nvim:lua("return vim.lsp.inline_completion.is_enabled({ bufnr = vim.api.nvim_get_current_buf() })"), true)
  nvim.command("setlocal noexpandtab")
  nvim.input("i<Tab>par")
  nvim:line("nothing to take", "\tpar")
  item("Paris in spring", 1)
  nvim.input("<M-w>")
  nvim:line("a word of it", "\tParis")
  nvim.input("<Tab>")
  nvim:line("the rest of it", "\tParis in spring")
  same("nothing is drawn twice", (nvim:ghost()), nil)
  nvim.command("RnnLsp show popup")
  drive.wait("switched off", function()
    return nvim:lua("return Native.enabled[vim.api.nvim_get_current_buf()] == false")
  end)
  nvim.command("messages clear")
end)

drive.finish()
