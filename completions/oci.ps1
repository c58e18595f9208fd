# Asks oci at every TAB what can follow on the line.
Register-ArgumentCompleter -Native -CommandName oci -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    # The words up to the cursor as they stand: nothing that is on the line is run.
    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.StartOffset -lt $cursorPosition } |
        ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value }
            else { $_.Extent.Text }
        })
    if ($wordToComplete -eq '') { $words += '' }
    $previous = $env:OCELOT_COMPLETE
    $env:OCELOT_COMPLETE = 'powershell'
    try { $answers = & oci -- @words } finally { $env:OCELOT_COMPLETE = $previous }
    foreach ($answer in $answers) {
        $value, $help = $answer.Split("`t", 2)
        if (-not $help) { $help = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
    }
}
